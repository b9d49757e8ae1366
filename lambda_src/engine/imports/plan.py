"""Cutting an import job into pieces: byte ranges of its files, each pinned to the object that was seen."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from engine.context import Context
from engine.errors import Forbidden
from engine.imports.finish import fail_job, finish_if_done
from engine.imports.lines import MAX_LINE
from engine.imports.rows import BadFile, read_header
from engine.imports.source import ObjectChanged, Source, SourceFile, source_of
from engine.operations.documents import import_job_key
from engine.store import Document, Edit, Item, Key, Put, TransactionLost
from engine.worker import MAX_ATTEMPTS

# Small enough that a worker is done in time: at a few hundred rows a second, 1 MB is a minute of the
# five that it has. Big enough that a piece is worth its own message.
_LARGEST_PIECE: Final = 1024 * 1024
_SMALLEST_PIECE: Final = 64 * 1024
_WANTED_PIECES: Final = 16
# The longest header that ten thousand columns of documented length can make.
_MAX_HEADER: Final = 2 * MAX_LINE
_DENIALS: Final = frozenset(
    {"AccessDenied", "NoSuchBucket", "403", "PermanentRedirect", "AuthorizationHeaderMalformed"}
)


def piece_key(job_id: str, plan: int, piece: int) -> Key:
    """Where a piece is. A plan that was overtaken by another leaves its pieces under its own number."""
    return Key(f"PIECES#{job_id}", f"{plan:06d}#{piece:06d}")


def plan_job(
    context: Context, application_id: str, job_id: str, attempt: int, *, reminder: bool = False
) -> None:
    """Find the files, cut them into pieces, and put one message a piece on the queue.

    Safe to repeat: a job that was planned has the messages of its open pieces sent again, unless this is
    a mere reminder, which finds that in a job that goes its way.
    """
    key = import_job_key(application_id, job_id)
    job = context.store.get(key)
    if job is None or job.doc["JobStatus"] in ("COMPLETED", "FAILED"):
        return
    if job.doc["JobStatus"] in ("PROCESSING", "COMPLETING"):
        if reminder:
            return
        _send(context, job, range(job.counters["TotalPieces"]))
        finish_if_done(context, application_id, job_id)
        return
    if attempt > MAX_ATTEMPTS:
        fail_job(context, application_id, job_id, "the files could not be listed in time")
        return
    try:
        context.store.write([Edit(key, job.doc | {"JobStatus": "INITIALIZING"}, job.version)])
    except TransactionLost:
        return  # Another delivery of this message goes ahead.
    plan = job.version + 1
    try:
        pieces = _pieces(context, application_id, job.doc["Definition"])
    except (BadFile, Forbidden, ObjectChanged, _Denied) as refusal:
        fail_job(context, application_id, job_id, getattr(refusal, "message", None) or str(refusal))
        return
    context.store.put_all(Put(piece_key(job_id, plan, i), piece) for i, piece in enumerate(pieces))
    started = job.doc | {"JobStatus": "PROCESSING", "_": {**job.doc.get("_", {}), "Plan": plan}}
    counters = {
        "TotalPieces": len(pieces),
        "CompletedPieces": 0,
        "FailedPieces": 0,
        "TotalProcessed": 0,
        "TotalFailures": 0,
    }
    try:
        # Nobody counts on the job before it has pieces, so that a Put loses nothing. A transaction, since
        # the client may repeat a call whose answer was lost: a plain Put would then meet its own version.
        context.store.write([Put(key, started, plan, counters)])
    except TransactionLost:
        return
    _send(context, Item(key, started, plan + 1, counters), range(len(pieces)))


class _Denied(Exception):
    """The role may not read what the job names."""


def _pieces(context: Context, application_id: str, definition: Document) -> Sequence[Document]:
    from botocore.exceptions import ClientError

    source = source_of(context, application_id, definition)
    try:
        files = source.files(definition["Format"])
        return list(_cut(source, files, definition["Format"]))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in (
            "AccessDenied",
            "NoSuchBucket",
            "403",
            "PermanentRedirect",
            "AuthorizationHeaderMalformed",
        ):
            raise _Denied(
                f"{definition['S3Url']} cannot be read by {definition['RoleArn']}: {code}"
            ) from error
        raise


def _cut(source: Source, files: Sequence[SourceFile], format_: str) -> Iterator[Document]:
    length = sum(file.size for file in files) // _WANTED_PIECES
    length = min(_LARGEST_PIECE, max(_SMALLEST_PIECE, length))
    for file in files:
        header = 0
        first = source.first_line(file, _MAX_HEADER)
        if format_ == "CSV":
            try:
                read_header(first)
            except BadFile as bad:
                raise BadFile(f"{file.key}: {bad.reason}") from None
            header = len(first)
        for start in range(0, file.size, length):
            piece: dict[str, Any] = {"Key": file.key, "ETag": file.etag, "Size": file.size, "Header": header}
            yield piece | {"Start": start, "End": min(start + length, file.size), "State": "OPEN"}


def _send(context: Context, job: Item, pieces: Sequence[int]) -> None:
    name = {"Kind": "piece", "ApplicationId": job.doc["ApplicationId"], "JobId": job.doc["Id"]}
    context.queues.send("imports", [name | {"Piece": piece} for piece in pieces])
