"""The step that sorts a file's rows: what is accepted can be imported, the rest is quarantined."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final

from botocore.exceptions import ClientError

from patterns.segment_import.formats import Format
from patterns.segment_import.reasons import FileReason, RefusedFile
from patterns.segment_import.sorting import Write, sort_rows
from patterns.segment_import.source import Source
from patterns.segment_import.upload import Upload
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, with_request

# https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html#quotas-import
_MAX_BYTES: Final = 1024**3
_CHUNK: Final = 1024 * 1024
_LOG: Final = logger(__name__)
_S3: Final = client("s3", read_timeout=60)


@with_request
def handler(state: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Sort the file that the state names; the answer says what there is to import."""
    source = Source.from_state(state)
    try:
        answer = check(_S3, source)
    except RefusedFile as refusal:
        answer = {"outcome": "REFUSED", "reason": refusal.reason, "detail": refusal.detail}
    _LOG.info("file checked", extra={"outcome": answer["outcome"], "reason": answer.get("reason")})
    return answer


def check(s3: Any, source: Source) -> dict[str, Any]:
    """Stream a file through the rules, into an object of good rows and one of bad rows.

    Args:
        s3: A boto3 S3 client.
        source: The file.

    Raises:
        RefusedFile: Nothing of it can be imported, and nothing was written.
    """
    segment = source.segment_name
    if source.size > _MAX_BYTES:
        raise RefusedFile(FileReason.TOO_LARGE, f"an import takes at most {_MAX_BYTES} bytes: cut the file")
    with ExitStack() as uploads:
        quarantine = uploads.enter_context(Upload(s3, source.bucket, source.quarantine_key))
        accepted: list[tuple[Format, Upload]] = []

        def open_accepted(file_format: Format) -> Write:
            key = f"{source.accepted_name}.{file_format.name.lower()}"
            upload = uploads.enter_context(Upload(s3, source.bucket, key))
            accepted.append((file_format, upload))
            return upload.write

        counts = sort_rows(
            _chunks(s3, source),
            open_accepted,
            quarantine.write,
            # Nobody can say of a row which endpoints it creates: each one says whom it opts out.
            opt_out=not source.defines_segment,
        )
    file_format, upload = accepted[0]
    answer: dict[str, Any] = {
        "segment": segment,
        "format": file_format.name,
        "accepted_key": upload.key,
        "rows": counts.rows,
        "accepted": counts.accepted,
        "quarantined": counts.quarantined.total(),
        "quarantined_by_reason": dict(sorted(counts.quarantined.items())),
    }
    if counts.quarantined:
        answer["quarantine_key"] = quarantine.key
    if not counts.accepted:
        return answer | {
            "outcome": "REFUSED",
            "reason": FileReason.NO_GOOD_ROW,
            "detail": "every row of the file is in quarantine",
        }
    return answer | {"outcome": "READY"}


def _chunks(s3: Any, source: Source) -> Iterator[bytes]:
    try:
        body = s3.get_object(**source.parameters)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion"):
            raise RefusedFile(FileReason.GONE, "the object was deleted before it was read") from error
        raise
    with body:
        yield from body.iter_chunks(_CHUNK)
