"""The end of an import job: what its pieces came to, and the segment that may now be used."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from engine.context import Context, iso
from engine.operations.documents import import_job_key, segment_key, segment_version_key
from engine.store import Document, Edit, Item, TransactionLost

MAX_FAILURES: Final = 100


def finish_if_done(context: Context, application_id: str, job_id: str) -> None:
    """End a job whose pieces are all done or failed; otherwise, and the second time, nothing happens."""
    job = context.store.get(import_job_key(application_id, job_id))
    if job is None or job.doc["JobStatus"] not in ("PROCESSING", "COMPLETING"):
        return
    counters = job.counters
    if counters["CompletedPieces"] + counters["FailedPieces"] < counters["TotalPieces"]:
        return
    status = "FAILED" if counters["FailedPieces"] else "COMPLETED"
    summary = _summary(context, job)
    # The segment first: who sees the job completed may use it at once.
    _settle_segment(context, job.doc, status, summary.shards)
    _end(context, job, status, summary.failures)


def fail_job(context: Context, application_id: str, job_id: str, reason: str) -> None:
    """End a job that cannot be worked on at all."""
    job = context.store.get(import_job_key(application_id, job_id))
    if job is None or job.doc["JobStatus"] in ("COMPLETED", "FAILED"):
        return
    _settle_segment(context, job.doc, "FAILED", ())
    _end(context, job, "FAILED", [reason])


def _end(context: Context, job: Item, status: str, failures: list[str]) -> None:
    ended = {"JobStatus": status, "CompletionDate": iso(context.now()), "Failures": failures}
    try:
        context.store.write([Edit(job.key, job.doc | ended, job.version)])
    except TransactionLost:
        return  # Somebody else ended it.


@dataclass
class _Summary:
    """What the pieces of a job came to, in the order of its files."""

    failures: list[str] = field(default_factory=list[str])
    shards: set[int] = field(default_factory=set[int])


def _summary(context: Context, job: Item) -> _Summary:
    summary = _Summary()
    # Lines are counted through from piece to piece.
    before: Counter[str] = Counter()
    for piece in context.store.query(f"PIECES#{job.doc['Id']}", prefix=f"{job.doc['_']['Plan']:06d}#"):
        key: str = piece.doc["Key"]
        for failure in piece.doc["Failures"][: MAX_FAILURES - len(summary.failures)]:
            if "Line" in failure:
                place = f"{key} line {before[key] + failure['Line']} (byte {failure['Byte']})"
            else:
                place = f"{key} bytes {piece.doc['Start']} to {piece.doc['End']}"
            summary.failures.append(f"{place}: {failure['Reason']}")
        before[key] += piece.doc["Lines"]
        summary.shards.update(piece.doc.get("Shards", ()))
    return summary


def _settle_segment(context: Context, job: Document, status: str, shards: Collection[int]) -> None:
    segment_id = job["Definition"].get("SegmentId")
    if not job["Definition"].get("DefineSegment") or not segment_id:
        return
    application_id: str = job["ApplicationId"]
    head = context.store.get(segment_key(application_id, segment_id))
    if head is None or head.doc.get("_", {}).get("JobId") != job["Id"]:
        return  # Deleted, or a later job defines it anew.
    ready = {"Status": "READY" if status == "COMPLETED" else "FAILED", "Shards": sorted(shards)}
    outcome: Document = {"_": {**head.doc["_"], **ready}}
    if status == "COMPLETED":
        counts = _members(context, job, shards)
        sizes: dict[str, Any] = {"Size": counts.total(), "ChannelCounts": dict(counts)}
        outcome["ImportDefinition"] = head.doc.get("ImportDefinition", {}) | sizes
        outcome["LastModifiedDate"] = iso(context.now())
    version = context.store.get(segment_version_key(application_id, segment_id, head.doc.get("Version", 1)))
    for item in (head, version):
        if item is not None:
            try:
                context.store.write([Edit(item.key, item.doc | outcome, item.version)])
            except TransactionLost:
                continue  # Another delivery wrote the same, or the segment is gone.


def _members(context: Context, job: Document, shards: Collection[int]) -> Counter[str]:
    """How many members of each channel: counted, since a file may name an endpoint twice."""
    counts: Counter[str] = Counter()
    for shard in shards:
        pk = f"MEMBERS#{job['ApplicationId']}#{job['Definition']['SegmentId']}#{shard:03d}"
        for item in context.store.query(pk):
            if item.doc.get("Job") == job["Id"]:
                counts[item.doc["Channel"]] += 1
    return counts
