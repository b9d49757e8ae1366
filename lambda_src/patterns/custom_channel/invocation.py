"""What Pinpoint hands to a custom channel: a batch of endpoints of a campaign or a journey.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/channels-custom-create.html.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from patterns.custom_channel.message import ChannelMessage

# A queue takes 256 KiB a message; what is bigger than this can be no endpoint (15 KB) and Data (5 KB).
_LARGEST: Final = 200_000
_TOO_LARGE: Final = "endpoint_is_too_large"


class InvocationUnreadable(Exception):
    """The event is no invocation of a custom channel: nobody in it can be named."""


def messages(event: object, *, owner: str, now_ms: int) -> Iterator[ChannelMessage]:
    """A message for each endpoint, however odd the endpoint is.

    Args:
        event: The event of the invocation.
        owner: A name for this acceptance, never used again.
        now_ms: Epoch milliseconds.

    Raises:
        InvocationUnreadable: There is no map of endpoints, or nothing says which run they belong to.
    """
    if not isinstance(event, Mapping) or not isinstance(event.get("Endpoints"), Mapping):
        raise InvocationUnreadable("the event holds no map of Endpoints")
    run = _run(event)
    for endpoint_id, endpoint in event["Endpoints"].items():
        usable = isinstance(endpoint, Mapping)
        message = ChannelMessage(
            key=message_key(_text(event, "ApplicationId"), run, endpoint_id),
            owner=owner,
            application_id=_text(event, "ApplicationId"),
            endpoint_id=endpoint_id,
            data=_text(event, "Data"),
            accepted_at=now_ms,
            campaign_id=_text(event, "CampaignId"),
            activity_id=_text(event, "ActivityId"),
            treatment_id=_text(event, "TreatmentId"),
            journey_id=_text(event, "JourneyId"),
            endpoint=endpoint if usable else {},
            defect="" if usable else "endpoint_is_not_an_object",
        )
        yield (
            message
            if len(message.to_json()) <= _LARGEST
            else replace(message, data="", endpoint={}, defect=_TOO_LARGE)
        )


def message_key(application_id: str, run: str, endpoint_id: str) -> str:
    """The name of the one message that a run has for an endpoint: letters, digits and `_`."""
    digest = hashlib.sha256("\n".join((application_id, run, endpoint_id)).encode())
    return f"msg_{digest.hexdigest()[:32]}"


def _run(event: Mapping[str, Any]) -> str:
    """What is the same when Pinpoint repeats an invocation, and differs from run to run.

    A participant may pass the same activity of a journey again: there the scheduled time tells them apart.
    """
    if not (_text(event, "ActivityId") or _text(event, "CampaignId") or _text(event, "JourneyId")):
        raise InvocationUnreadable("neither ActivityId, CampaignId nor JourneyId says where it belongs")
    if _text(event, "ActivityId") and not _text(event, "JourneyId"):
        return _text(event, "ActivityId")
    return json.dumps(
        {name: event[name] for name in sorted(event) if name not in ("Endpoints", "Data", "Message")}
    )


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""
