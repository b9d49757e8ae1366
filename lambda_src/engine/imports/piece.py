"""One piece of an import job: its lines become endpoints and members of the segment.

Everything a piece writes is written again to the same effect when its message comes twice; what it
counts is counted in the transaction that marks it done.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from engine.context import Context
from engine.errors import Forbidden
from engine.imports.batch import Accepted, BatchOfRows
from engine.imports.definition import BadRow
from engine.imports.finish import MAX_FAILURES, finish_if_done
from engine.imports.lines import MAX_LINE, Line, first_byte, lines_between
from engine.imports.plan import piece_key
from engine.imports.rows import Row, UsersRow, derived_id, read_csv_row, read_header, read_json_row
from engine.imports.source import ObjectChanged, Source, SourceFile, source_of
from engine.operations.documents import import_job_key
from engine.store import Add, Document, Edit, Item, TransactionLost, shard_of
from engine.worker import MAX_ATTEMPTS
from pinpoint_runtime.logger import logger

_log = logger(__name__)
_ROWS_TOGETHER: Final = 100


@dataclass
class _Tally:
    """What a piece has come to, as it is worked on."""

    lines: int = 0
    processed: int = 0
    failed: int = 0
    failures: list[Document] = field(default_factory=list[Document])
    shards: set[int] = field(default_factory=set[int])

    def fail(self, line: Line, reason: str) -> None:
        self.failed += 1
        if len(self.failures) < MAX_FAILURES:
            self.failures.append({"Line": line.number, "Byte": line.offset, "Reason": reason})


def work_on_piece(context: Context, application_id: str, job_id: str, piece: int, attempt: int) -> None:
    """Import the lines of a piece, once however often it is asked for.

    After too many attempts the piece counts as failed, so that its job ends and says why.
    """
    job = context.store.get(import_job_key(application_id, job_id))
    if job is None or job.doc["JobStatus"] in ("COMPLETED", "FAILED"):
        return
    record = context.store.get(piece_key(job_id, job.doc["_"]["Plan"], piece))
    if record is not None and record.doc["State"] == "OPEN":
        if attempt > MAX_ATTEMPTS:
            _fail(context, job, record, "the piece could not be processed in time")
        else:
            _try(context, job, record, attempt)
    finish_if_done(context, application_id, job_id)


def _try(context: Context, job: Item, record: Item, attempt: int) -> None:
    try:
        tally = _import(context, job.doc, record.doc)
    except (ObjectChanged, Forbidden) as refusal:
        _fail(context, job, record, getattr(refusal, "message", None) or str(refusal))
    # The edge of the piece: whatever stops it must end in its record, not in a job that never ends.
    except Exception as error:
        if attempt < MAX_ATTEMPTS:
            raise
        # Not its text: it may hold an address.
        details = {"job": job.doc["Id"], "piece": record.key.sk, "error": type(error).__name__}
        _log.error("a piece failed for good", extra=details)
        _fail(context, job, record, f"the piece could not be processed: {type(error).__name__}")
    else:
        _done(context, job, record, tally)


def _import(context: Context, job: Document, piece: Document) -> _Tally:
    source = source_of(context, job["ApplicationId"], job["Definition"])
    file = SourceFile(piece["Key"], piece["ETag"], piece["Size"])
    tally = _Tally()
    batch = BatchOfRows(context, job, piece["Start"])
    waiting: list[tuple[Line, Row]] = []
    for line, row in _rows(source, file, job, piece, tally):
        waiting.append((line, row))
        if len(waiting) >= _ROWS_TOGETHER:
            _apply(batch, waiting, tally)
            waiting = []
    _apply(batch, waiting, tally)
    return tally


def _rows(
    source: Source, file: SourceFile, job: Document, piece: Document, tally: _Tally
) -> Iterator[tuple[Line, Row]]:
    columns: tuple[str, ...] = ()
    if piece["Header"]:
        columns = read_header(source.first_line(file, piece["Header"]))
    start, end = piece["Start"], piece["End"]
    chunks = source.read(file, first_byte(start), end + MAX_LINE + 1)
    for line in lines_between(chunks, start, end):
        tally.lines = line.number
        if line.offset < piece["Header"] or (line.content is not None and not line.content.strip()):
            continue
        tally.processed += 1
        if line.content is None:
            tally.fail(line, f"the line has more than {MAX_LINE} bytes")
            continue
        name = derived_id(job["Id"], file.key, file.etag, line.offset)
        try:
            row = read_csv_row(columns, line.content, name) if columns else read_json_row(line.content, name)
        except BadRow as bad:
            tally.fail(line, bad.reason)
        else:
            yield line, row


def _apply(batch: BatchOfRows, rows: list[tuple[Line, Row]], tally: _Tally) -> None:
    for (line, row), result in zip(rows, batch.apply([row for _, row in rows]), strict=True):
        if isinstance(row, UsersRow):
            # Each user counts, however many of them a line names.
            tally.processed += len(row.user_ids) - 1
        if isinstance(result, Accepted):
            tally.shards |= {shard_of(member["Id"]) for member in result.members}
            for reason in result.refused:
                tally.fail(line, reason)
        else:
            tally.fail(line, result)


def _done(context: Context, job: Item, record: Item, tally: _Tally) -> None:
    done: Document = {"State": "DONE", "Lines": tally.lines, "Failures": tally.failures}
    # Where its members are, so that nobody walks the empty shards of a small segment.
    done["Shards"] = sorted(tally.shards)
    counts = Counter(CompletedPieces=1, TotalProcessed=tally.processed, TotalFailures=tally.failed)
    _settle(context, job, record, done, counts)


def _fail(context: Context, job: Item, record: Item, reason: str) -> None:
    failed = {"State": "FAILED", "Lines": 0, "Failures": [{"Reason": reason}]}
    _settle(context, job, record, failed, Counter(FailedPieces=1))


def _settle(context: Context, job: Item, record: Item, outcome: dict[str, Any], counts: Counter[str]) -> None:
    try:
        context.store.write([Edit(record.key, record.doc | outcome, record.version), Add(job.key, counts)])
    except TransactionLost:
        _log.info("another delivery of this piece was first", extra={"job": job.doc["Id"]})
