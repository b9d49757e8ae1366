"""One step of targeting: a page of the segment becomes batches, and everybody else is counted.

The step's progress, its batches and its counts are one transaction; messages go out after it. When
a message comes again, the piece's record shows that its step was made, and only the messages of that
step go out again. A step that failed on every attempt ends its piece, and is a dead letter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.audience.membership import ImportedSource, belongs, imported_sources, memberships
from engine.campaigns.progress import TAKEN_UP, Run, finish_if_done, run_of
from engine.campaigns.targets import Targets
from engine.context import Context
from engine.store import (
    Add,
    Document,
    Edit,
    Item,
    Put,
    TransactionLost,
    Write,
    endpoint_key,
)
from engine.worker import Message, keep_dead_letter

_PAGE: Final = 1_000


@dataclass
class _Page:
    """What a step has found, and where the next one begins."""

    cursor: str | None
    targets: Targets = field(default_factory=Targets)


def target_step(context: Context, run: Run, piece: int, cursor: str | None) -> None:
    """Target the page of a piece that begins beyond a cursor, then ask for the next."""
    found = context.store.get_many([run.key, run.campaign_key, run.piece_key(piece), run.tree_key])
    record = found.get(run.piece_key(piece))
    activity = found.get(run.key)
    if record is None or activity is None or activity.doc["State"] not in TAKEN_UP:
        return
    if _is_next(record, cursor):
        campaign = found.get(run.campaign_key)
        if campaign is None:
            # Deleted: there is nothing left to send, and the run may end.
            page = _Page(cursor=None)
        else:
            page = _read(context, run, campaign.doc, found[run.tree_key].doc, record.doc)
        try:
            record = _commit(context, run, record, piece, page)
        except TransactionLost:
            return  # Another delivery of this message goes ahead, and sends.
    _send(context, run, record, piece)
    if record.doc["Done"]:
        finish_if_done(context, run)


def give_up_step(context: Context, message: Message) -> None:
    """End the piece of a step that failed on every attempt, and keep the step for a person.

    A step that was made is not given up: only its messages are missing, and are sent again.
    """
    run, piece = run_of(message.body), message.body["Piece"]
    record = context.store.get(run.piece_key(piece))
    if record is None or not _is_next(record, message.body.get("Cursor")):
        target_step(context, run, piece, message.body.get("Cursor"))
        return
    keep_dead_letter(context, message, "the segment could not be read on any attempt")
    if not record.doc["Done"]:
        ended = record.doc | {"Done": True, "Failed": True}
        writes: list[Write] = [
            Edit(record.key, ended, record.version),
            Add(run.progress_key, {"PiecesDone": 1, "PiecesFailed": 1}),
            Add(run.key, {"Metric.DeadLettered.Pieces": 1}),
        ]
        try:
            context.store.write(writes)
        except TransactionLost:
            return  # Another delivery of this message goes ahead.
    finish_if_done(context, run)


def _is_next(record: Item, cursor: str | None) -> bool:
    """Whether a step is the one that its piece waits for, or failed at."""
    if record.doc["Done"] and "Failed" not in record.doc:
        return False
    return bool(record.doc["Cursor"] == cursor)


def _read(context: Context, run: Run, campaign: Document, segment: Document, piece: Document) -> _Page:
    items = _items(context, run, segment["Walk"], piece)
    page = _Page(cursor=None)
    taken: list[Item] = []
    for item in items:
        taken.append(item)
        if len(taken) == _PAGE:
            page.cursor = f"{item.key.pk.rpartition('#')[2]}#{item.key.sk}"
            break
    endpoints = _endpoints(context, run, segment["Walk"], taken)
    members = _members(context, run, segment, endpoints)
    for name, endpoint in endpoints.items():
        if endpoint is None:
            page.targets.left_out["GONE"] += 1
        elif belongs(segment["Tree"], endpoint, members[name]):
            page.targets.sort(campaign, endpoint)
    return page


def _items(context: Context, run: Run, walk: Mapping[str, str] | None, piece: Document) -> Iterator[Item]:
    """The endpoints or members of a piece's shards, beyond its cursor."""
    prefix = (
        f"EP#{run.application_id}" if walk is None else f"MEMBERS#{run.application_id}#{walk['SegmentId']}"
    )
    shards: list[int] = piece["Shards"]
    after = None
    if piece["Cursor"] is not None:
        shard, _, after = piece["Cursor"].partition("#")
        shards = shards[shards.index(int(shard)) :]
    for shard in shards:
        for item in context.store.query(f"{prefix}#{shard:03d}", after=after):
            if walk is None or item.doc.get("Job") == walk["JobId"]:
                yield item
        after = None


def _endpoints(
    context: Context, run: Run, walk: Mapping[str, str] | None, items: list[Item]
) -> dict[str, Document | None]:
    """The endpoint of each item by lower-cased id; None where it no longer exists."""
    if walk is None:
        return {item.key.sk: item.doc for item in items}
    wanted = [endpoint_key(run.application_id, item.key.sk) for item in items if "Endpoint" not in item.doc]
    found = context.store.get_many(wanted)
    endpoints: dict[str, Document | None] = {}
    for item in items:
        stored = found.get(endpoint_key(run.application_id, item.key.sk))
        endpoints[item.key.sk] = item.doc.get("Endpoint") or (stored.doc if stored is not None else None)
    return endpoints


def _members(
    context: Context, run: Run, segment: Document, endpoints: Mapping[str, Document | None]
) -> Mapping[str, set[ImportedSource]]:
    """Which imported segments of the tree each endpoint is a member of."""
    walk = segment["Walk"]
    walked = ImportedSource(walk["SegmentId"], walk["JobId"]) if walk else None
    others = set(imported_sources(segment["Tree"])) - {walked}
    members = memberships(context, run.application_id, others, endpoints)
    if walked is not None:
        for sources in members.values():
            sources.add(walked)
    return members


def _commit(context: Context, run: Run, record: Item, piece: int, page: _Page) -> Item:
    batches = {
        f"{piece:04d}-{record.version:04d}-{i:03d}": batch for i, batch in enumerate(page.targets.batches())
    }
    counts = page.targets.counts()
    done = page.cursor is None
    changed = record.doc | {
        "Cursor": page.cursor,
        "Done": done,
        # What a repeated message must send again.
        "Batches": list(batches),
    }
    progress = {"Batches": len(batches), "PiecesDone": int(done)}
    if changed.pop("Failed", False):
        progress |= {"PiecesDone": int(done) - 1, "PiecesFailed": -1}
        counts["Metric.DeadLettered.Pieces"] = -1
    writes: list[Write] = [
        Edit(record.key, changed, record.version),
        Add(run.progress_key, progress),
        Add(run.key, counts),
    ]
    writes += [Put(run.batch_key(name), batch, expected=0) for name, batch in batches.items()]
    context.store.write(writes)
    return Item(record.key, changed, record.version + 1)


def _send(context: Context, run: Run, record: Item, piece: int) -> None:
    pointers = [run.names() | {"Batch": name} for name in record.doc.get("Batches", ())]
    context.queues.send("deliveries", pointers)
    if not record.doc["Done"]:
        following: dict[str, Any] = {"Kind": "target", **run.names(), "Piece": piece}
        context.queues.send("campaigns", [following | {"Cursor": record.doc["Cursor"]}])
