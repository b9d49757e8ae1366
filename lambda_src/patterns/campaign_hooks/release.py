"""Messages that a campaign did not send, as the event stream tells, give their places back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from patterns.campaign_hooks.places import Places, place, user_key

# UNKNOWN may have gone out: to free its place could let one message too many through.
_MAY_HAVE_BEEN_SENT: Final = frozenset({"SUCCESS", "UNKNOWN"})


@dataclass(frozen=True)
class NotSent:
    """A message that a campaign did not send."""

    application_id: str
    user_id: str
    endpoint_id: str
    run: str


def not_sent(data: bytes) -> NotSent | None:
    """What a record of the stream says, if it says that a message was not sent.

    Records of other types, and what is no record at all, are somebody else's to judge.
    """
    try:
        record = json.loads(data)
        if record["event_type"] != "_campaign.send":
            return None
        attributes = record["attributes"]
        if attributes["campaign_send_status"] in _MAY_HAVE_BEEN_SENT:
            return None
        return NotSent(
            application_id=record["application"]["app_id"],
            user_id=_user_id(record),
            endpoint_id=record["client"]["client_id"],
            run=attributes["campaign_activity_id"],
        )
    except (ValueError, TypeError, KeyError):
        return None


def release(places: Places, message: NotSent) -> None:
    """Free a message's place; to do it again changes nothing."""
    name = place(message.run, message.endpoint_id)
    for user_id in dict.fromkeys((message.user_id, "")):
        if places.give_back(user_key(message.application_id, user_id, message.endpoint_id), name):
            return


def _user_id(record: Mapping[str, Any]) -> str:
    """The record carries the endpoint as a JSON string."""
    endpoint = json.loads(record.get("client_context", {}).get("custom", {}).get("endpoint", "{}"))
    user = endpoint.get("User")
    user_id = user.get("UserId") if isinstance(user, Mapping) else ""
    return user_id if isinstance(user_id, str) else ""
