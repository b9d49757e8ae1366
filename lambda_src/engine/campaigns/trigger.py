"""A run of an event campaign: the endpoints of some events become batches, each event once.

Every message of events makes a run of its own, with an activity of its own: hooks and channels tell
sends apart by activity and endpoint, and the next event of the same endpoint is another send.

An event is entered at `EVENTS#campaign#hh` together with its run, in one transaction. When it comes
again, from the queue or from an app that repeats its PutEvents, the entry shows its run, and only the
messages of batches that are still open go out again.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine import choices
from engine.audience.membership import (
    UnusableSegment,
    belongs,
    imported_sources,
    memberships,
    segment_tree,
)
from engine.campaigns.progress import Run, finish_if_done
from engine.campaigns.schedule import takes_events_at
from engine.campaigns.targets import Targets
from engine.context import Context, iso
from engine.operations.documents import campaign_key, event_key
from engine.store import Document, Item, Key, Put, TransactionLost, Write, endpoint_key, ledger_key
from pinpoint_runtime.logger import logger

_log = logger(__name__)
_ATTEMPTS: Final = 5
_DAY_SECONDS: Final = 86_400
# An event's message that is not delivered by then is dropped:
# https://docs.aws.amazon.com/pinpoint/latest/userguide/campaigns-schedule.html
_EXPIRES_AFTER_MS: Final = 5 * 60 * 1000


def trigger(context: Context, message: Mapping[str, Any]) -> None:
    """Send a campaign for events, as far as it was not sent for them before.

    Args:
        context: The table and the queues.
        message: As `trigger_campaigns` sent it: at most one batch of events, each of another endpoint.
    """
    campaign = context.store.get(campaign_key(message["ApplicationId"], message["CampaignId"]))
    if campaign is None:
        return
    events = {event_key(campaign.doc["Id"], event["Id"]): event for event in message["Events"]}
    for _ in range(_ATTEMPTS):
        entered = context.store.get_many(events)
        fresh = {
            key: event
            for key, event in events.items()
            if key not in entered and takes_events_at(campaign.doc, event["At"])
        }
        try:
            _begin(context, campaign.doc, fresh)
        except TransactionLost:
            continue  # Another delivery of some of these events was first.
        _repeat(context, campaign.doc, entered.values())
        return
    raise TimeoutError("the events of a campaign were entered by others on every attempt")


def _begin(context: Context, campaign: Document, events: Mapping[Key, Document]) -> None:
    """Make a run for events that are new, if any of their endpoints is in the segment."""
    found = _in_segment(context, campaign, [event["Endpoint"].lower() for event in events.values()])
    taken = {key: event for key, event in events.items() if event["Endpoint"].lower() in found}
    if not taken:
        return
    targets = Targets()
    for endpoint in found.values():
        targets.sort(campaign, endpoint)
    run = Run(campaign["ApplicationId"], campaign["Id"], context.new_id())
    batches = {f"{i:03d}": batch for i, batch in enumerate(targets.batches())}
    forgotten = int(context.now().timestamp()) + choices.EVENT_RUNS_KEPT_DAYS * _DAY_SECONDS
    writes: list[Write] = [
        Put(key, {"ActivityId": run.activity_id}, expected=0, ttl=forgotten) for key in taken
    ]
    activity = _activity(context, run, min(event["At"] for event in taken.values()))
    activity["_"]["Ledger"] = [
        ledger_key(run.activity_id, found[name]["ChannelType"], found[name]["Address"]).sk
        for batch in batches.values()
        for name in batch["Ids"]
    ]
    writes.append(Put(run.key, activity, expected=0, counters=targets.counts(), ttl=forgotten))
    progress = {"Pieces": 0, "PiecesDone": 0, "Batches": len(batches), "BatchesDone": 0}
    writes.append(Put(run.progress_key, {}, expected=0, counters=progress, ttl=forgotten))
    writes += [Put(run.batch_key(name), batch, expected=0, ttl=forgotten) for name, batch in batches.items()]
    context.store.write(writes)
    _send(context, run, batches)


def _activity(context: Context, run: Run, arrival: int) -> Document:
    now = iso(context.now())
    return {
        "Id": run.activity_id,
        "ApplicationId": run.application_id,
        "CampaignId": run.campaign_id,
        "TreatmentId": "0",
        "State": "RUNNING",
        "ScheduledStart": now,
        "Start": now,
        "_": {"ExpiresAt": arrival + _EXPIRES_AFTER_MS},
    }


def _in_segment(context: Context, campaign: Document, names: list[str]) -> dict[str, Document]:
    """Those endpoints that exist and belong to the campaign's segment at this moment."""
    if not names:
        return {}
    application_id: str = campaign["ApplicationId"]
    try:
        tree = segment_tree(context, application_id, campaign["SegmentId"], campaign["SegmentVersion"])
    except UnusableSegment as unusable:
        _log.warning("a campaign could not be triggered: %s", unusable.reason)
        return {}
    stored = context.store.get_many(endpoint_key(application_id, name) for name in names)
    members = memberships(context, application_id, set(imported_sources(tree)), names)
    return {
        key.sk: item.doc
        for key, item in stored.items()
        if belongs(tree, item.doc, members.get(key.sk, set()))
    }


def _repeat(context: Context, campaign: Document, entries: Iterable[Item]) -> None:
    """Send the messages of runs that were begun before, as far as they may be missing."""
    for activity_id in dict.fromkeys(entry.doc["ActivityId"] for entry in entries):
        run = Run(campaign["ApplicationId"], campaign["Id"], activity_id)
        batches = context.store.query(run.progress_key.pk, prefix="batch#")
        _send(
            context,
            run,
            [item.key.sk.partition("#")[2] for item in batches if item.doc["State"] == "OPEN"],
        )


def _send(context: Context, run: Run, batches: Iterable[str]) -> None:
    pointers = [run.names() | {"Batch": name} for name in batches]
    if pointers:
        context.queues.send("urgent", pointers)
    else:
        finish_if_done(context, run)
