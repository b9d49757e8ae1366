"""The campaigns of an application that are sent in response to events: a short list, read for every event.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html#quotas-campaign
"""

from collections.abc import Sequence
from typing import Final

from engine import choices
from engine.campaigns.schedule import is_over
from engine.context import Context
from engine.errors import BadRequest, Conflict
from engine.operations.documents import campaign_key, event_campaigns_key
from engine.store import Document, Item, Put, TransactionLost, Write

_MAX_CAMPAIGNS: Final = 25
_ATTEMPTS: Final = 10


def write_event_campaign(context: Context, campaign: Document, writes: Sequence[Write]) -> None:
    """Write a new event campaign together with its place on the application's list.

    Args:
        context: The table.
        campaign: The campaign's document.
        writes: What makes the campaign, in one transaction with its place.

    Raises:
        BadRequest: The application has as many as it may.
        Conflict: Others took a place on every attempt.
        TransactionLost: A condition of the writes did not hold.
    """
    key = event_campaigns_key(campaign["ApplicationId"])
    for _ in range(_ATTEMPTS):
        listed = context.store.get(key)
        others = [] if listed is None else _kept(context, campaign["ApplicationId"], listed)
        if len(others) >= _MAX_CAMPAIGNS:
            raise BadRequest(
                f"a project has at most {_MAX_CAMPAIGNS} campaigns that are sent in response to events: "
                "delete one first"
            )
        place = Put(key, {"Ids": [*others, campaign["Id"]]}, expected=0 if listed is None else listed.version)
        try:
            context.store.write([place, *writes])
        except TransactionLost as lost:
            if lost.lost != (0,):
                raise
            continue
        return
    raise Conflict("campaigns were created by others on every attempt: try again")


def _kept(context: Context, application_id: str, listed: Item) -> list[str]:
    """Those on the list that are still there, and may still be sent."""
    found = context.store.get_many(campaign_key(application_id, name) for name in listed.doc["Ids"])
    now = context.now()
    return [
        str(item.doc["Id"])
        for item in found.values()
        if not (choices.ENDED_CAMPAIGNS_GIVE_THEIR_PLACE_BACK and is_over(item.doc, now))
    ]
