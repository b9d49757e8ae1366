"""Which campaigns an event sets off: asked for every event on its way to the event stream.

The stream's queue is the one place that every event passes, an app's and the engine's own alike, and
whatever is on it is worked on at least once. What is found goes on to the campaigns' queue before the
records go to the customer's stream, so neither can lose the other's; a message that comes again finds
the same, and `trigger` knows the events by their ids.

The campaigns of an application are looked up once in `_SECONDS_KEPT`: so long after it was created,
paused or changed, a campaign may still take events as before. An application without event campaigns
costs that one look-up and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from engine import choices
from engine.audience.dimensions import event_fits
from engine.campaigns.schedule import takes_events_at
from engine.campaigns.targets import BATCH_SIZE
from engine.context import Context
from engine.operations.documents import campaign_key, event_campaigns_key
from engine.store import Document

_SECONDS_KEPT: Final = 2


def trigger_campaigns(context: Context, message: Mapping[str, Any]) -> None:
    """Ask for the campaigns that a message's events set off.

    Args:
        context: The table, the queues and the memory.
        message: As `emit` sent it. One without `Ids` has been here before.
    """
    if "Ids" not in message:
        return
    application_id: str = message["ApplicationId"]
    campaigns = context.memory.recall(
        ("event campaigns", application_id), _SECONDS_KEPT, lambda: event_campaigns(context, application_id)
    )
    for campaign in campaigns:
        hits = [
            {"Id": name, "Endpoint": record["client"]["client_id"], "At": record["arrival_timestamp"]}
            for name, record in zip(message["Ids"], message["Events"], strict=True)
            if _sets_off(campaign, record, message["FilterType"])
        ]
        for events in _apart(hits):
            names = {"ApplicationId": application_id, "CampaignId": campaign["Id"]}
            # One call a message: a call's messages share one size limit.
            context.queues.send("campaigns", [{"Kind": "trigger", **names, "Events": events}])


def event_campaigns(context: Context, application_id: str) -> list[Document]:
    """The campaigns on an application's list, as they are now; some may have ended."""
    listed = context.store.get(event_campaigns_key(application_id))
    if listed is None:
        return []
    found = context.store.get_many(campaign_key(application_id, name) for name in listed.doc["Ids"])
    return [item.doc for item in found.values()]


def _sets_off(campaign: Document, record: Document, filter_type: str) -> bool:
    event_filter = campaign["Schedule"]["EventFilter"]
    if event_filter["FilterType"] != filter_type:
        return False
    if (
        choices.OWN_MESSAGES_TRIGGER_NOTHING
        and filter_type == "SYSTEM"
        and record["attributes"].get("campaign_id") == campaign["Id"]
    ):
        return False
    return takes_events_at(campaign, record["arrival_timestamp"]) and event_fits(
        event_filter["Dimensions"], record
    )


def _apart(events: Sequence[Document]) -> Iterator[list[Document]]:
    """Events in parts of at most a batch, in which no endpoint comes twice: a run sends it one message."""
    parts: list[dict[str, Document]] = []
    for event in events:
        endpoint = event["Endpoint"].lower()
        for part in parts:
            if endpoint not in part and len(part) < BATCH_SIZE:
                part[endpoint] = event
                break
        else:
            parts.append({endpoint: event})
    for part in parts:
        yield list(part.values())
