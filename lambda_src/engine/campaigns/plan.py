"""The start of a run: the segment is fixed, and its shards are cut into pieces."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from engine.audience.membership import (
    ImportedSource,
    Tree,
    UnusableSegment,
    segment_tree,
    walked_source,
)
from engine.campaigns.progress import Run, end
from engine.context import Context, iso
from engine.operations.documents import segment_key
from engine.store import SHARDS, Edit, Item, Put, TransactionLost, Write
from engine.worker import MAX_ATTEMPTS

# One transaction starts a run: activity, campaign, progress, segment and all pieces, at most 100 items.
_MOST_PIECES: Final = 64
_ENDPOINTS_A_PIECE: Final = 500


def plan_run(context: Context, run: Run, attempt: int, *, reminder: bool = False) -> None:
    """Fix whom the run may reach, and put one message a piece on the queue.

    Safe to repeat: a run that has started has the messages of its open pieces sent again, unless this is
    a mere reminder, which finds that in a run that goes its way.
    """
    found = context.store.get_many([run.key, run.campaign_key])
    activity, campaign = found.get(run.key), found.get(run.campaign_key)
    if activity is None or campaign is None or activity.doc["State"] in ("COMPLETED", "CANCELLED"):
        return
    if activity.doc["State"] == "PENDING":
        if attempt > MAX_ATTEMPTS:
            end(context, run, result="FAIL", reason="the segment could not be read in time")
            return
        try:
            tree = segment_tree(
                context,
                run.application_id,
                campaign.doc["SegmentId"],
                campaign.doc.get("SegmentVersion"),
            )
        except UnusableSegment as unusable:
            end(context, run, result="FAIL", reason=unusable.reason)
            return
        if not _start(context, run, activity, campaign, tree):
            return  # Another delivery of this message goes ahead.
    elif reminder:
        return
    pieces = [
        (item.key.sk, item.doc["Cursor"])
        for item in context.store.query(run.progress_key.pk, prefix="piece#")
        if not item.doc["Done"]
    ]
    context.queues.send(
        "campaigns",
        [
            {"Kind": "target", **run.names(), "Piece": int(name.partition("#")[2]), "Cursor": cursor}
            for name, cursor in pieces
        ],
    )


def _start(context: Context, run: Run, activity: Item, campaign: Item, tree: Tree) -> bool:
    source = walked_source(tree)
    pieces = _pieces(*_walked(context, run, source))
    started = {"State": "RUNNING", "Start": iso(context.now())}
    running = {"State": {"CampaignStatus": "EXECUTING"}}
    writes: list[Write] = [
        Edit(run.key, activity.doc | started, activity.version),
        Edit(run.campaign_key, campaign.doc | running, campaign.version),
        Put(
            run.progress_key,
            {},
            expected=0,
            counters={"Pieces": len(pieces), "PiecesDone": 0, "Batches": 0, "BatchesDone": 0},
        ),
        Put(run.tree_key, {"Tree": tree, "Walk": _walk(source)}, expected=0),
    ]
    writes += [
        Put(run.piece_key(i), {"Shards": shards, "Cursor": None, "Done": False}, expected=0)
        for i, shards in enumerate(pieces)
    ]
    try:
        context.store.write(writes)
    except TransactionLost:
        return False
    return True


def _walk(source: ImportedSource | None) -> dict[str, Any] | None:
    return None if source is None else {"SegmentId": source.segment_id, "JobId": source.job_id}


def _walked(context: Context, run: Run, source: ImportedSource | None) -> tuple[Sequence[int], int]:
    """The shards to walk, and about how many endpoints they hold: the segment says it, or a sample."""
    if source is None:
        return range(SHARDS), context.store.count(f"EP#{run.application_id}#000") * SHARDS
    segment = context.store.get(segment_key(run.application_id, source.segment_id))
    if segment is None or segment.doc["_"].get("JobId") != source.job_id:
        return range(SHARDS), 0
    return segment.doc["_"]["Shards"], int(segment.doc["ImportDefinition"]["Size"])


def _pieces(shards: Sequence[int], endpoints: int) -> list[list[int]]:
    pieces = max(1, min(_MOST_PIECES, endpoints // _ENDPOINTS_A_PIECE, len(shards)))
    bounds = pairwise(len(shards) * i // pieces for i in range(pieces + 1))
    return [list(shards[first:beyond]) for first, beyond in bounds]
