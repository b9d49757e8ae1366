"""One bounded step of an erasure: so many items, then the next step is another message.

All keys follow from the application's id, so a step that is repeated finds what is left and nothing
needs to be remembered between steps.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from engine.campaigns.schedule import is_event_campaign, is_over
from engine.context import Context
from engine.endpoints.bonds import list_key, owner_key
from engine.operations.documents import application_key, segment_key
from engine.store import SHARDS, Edit, Item, Key, Store, ledger_entry_key

_ITEMS_A_STEP: Final = 5_000


def erase(context: Context, message: Mapping[str, Any], *, items: int = _ITEMS_A_STEP) -> None:
    """Remove items below an application or a segment that is gone, and ask for the next step.

    Args:
        context: The table and the queue.
        message: As `request_erasure` sent it.
        items: How many to remove at most, so that a worker's time is enough.
    """
    application_id, segment_id = message["ApplicationId"], message.get("SegmentId")
    head = segment_key(application_id, segment_id) if segment_id else application_key(application_id)
    if context.store.get(head) is not None:
        return
    if segment_id:
        _fail_campaigns(context.store, application_id, segment_id, context.now())
        below = _segment(context.store, application_id, segment_id)
    else:
        below = _application(context.store, application_id)
    keys = list(islice(below, items))
    # An endpoint's user's list can come up once an endpoint; one batch names a key once.
    context.store.delete_all(dict.fromkeys(keys))
    if len(keys) == items:
        context.queues.send("imports", [message])


def _fail_campaigns(store: Store, application_id: str, segment_id: str, now: datetime) -> None:
    """Campaigns on a segment that is gone fail, and are DELETED; what has completed stays as it is.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns-campaign-id.html
    """
    for item in store.query(f"CAMPAIGNS#{application_id}"):
        if item.doc["SegmentId"] == segment_id and not is_over(item.doc, now):
            state = {"State": {"CampaignStatus": "DELETED"}}
            # A run that changes it at this moment wins, and the message comes again.
            store.write([Edit(item.key, item.doc | state, item.version)])


def _application(store: Store, application_id: str) -> Iterator[Key]:
    # What leads to other partitions goes after them, or a next step would not find them.
    for item in store.query(f"CAMPAIGNS#{application_id}"):
        yield from _campaign(store, item)
        yield item.key
    for item in store.query(f"SEGMENTS#{application_id}"):
        if item.doc["SegmentType"] == "IMPORT":
            yield from _members(store, application_id, item.key.sk)
        yield from _partition(store, f"VERSIONS#{application_id}#{item.key.sk}")
        yield item.key
    for item in store.query(f"IMPORTS#{application_id}"):
        yield from _partition(store, f"PIECES#{item.key.sk}")
        yield item.key
    for shard in range(SHARDS):
        for item in store.query(f"EP#{application_id}#{shard:03d}"):
            yield from _endpoint(item)
    yield from _partition(store, f"APP#{application_id}")


def _campaign(store: Store, campaign: Item) -> Iterator[Key]:
    application_id, campaign_id = campaign.doc["ApplicationId"], campaign.key.sk
    for activity in store.query(f"ACTIVITIES#{application_id}#{campaign_id}"):
        yield from _partition(store, f"PIECES#{activity.key.sk}")
        yield from _ledger(store, activity)
        yield activity.key
    if is_event_campaign(campaign.doc):
        for shard in range(SHARDS):
            yield from _partition(store, f"EVENTS#{campaign_id}#{shard:02x}")
            yield from _partition(store, f"TOTAL#{campaign_id}#{shard:03d}")
    yield from _partition(store, f"VERSIONS#{application_id}#{campaign_id}")


def _ledger(store: Store, activity: Item) -> Iterator[Key]:
    names: list[str] | None = activity.doc.get("_", {}).get("Ledger")
    if names is not None:
        # The many small runs of an event campaign say what they sent: no shards to look through. Whose
        # address changed between event and send is entered elsewhere, and forgotten in the ledger's time.
        yield from (ledger_entry_key(activity.key.sk, name) for name in names)
        return
    for shard in range(SHARDS):
        yield from _partition(store, f"LEDGER#{activity.key.sk}#{shard:02x}")


def _segment(store: Store, application_id: str, segment_id: str) -> Iterator[Key]:
    yield from _members(store, application_id, segment_id)
    yield from _partition(store, f"VERSIONS#{application_id}#{segment_id}")


def _members(store: Store, application_id: str, segment_id: str) -> Iterator[Key]:
    for shard in range(SHARDS):
        yield from _partition(store, f"MEMBERS#{application_id}#{segment_id}#{shard:03d}")


def _endpoint(item: Item) -> Iterator[Key]:
    yield from (key for key in (owner_key(item.doc), list_key(item.doc)) if key is not None)
    yield item.key


def _partition(store: Store, pk: str) -> Iterator[Key]:
    return (item.key for item in store.query(pk))
