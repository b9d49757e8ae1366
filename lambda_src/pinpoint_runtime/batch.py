"""Batches from queues and streams: one bad record stays one bad record.

Both answers follow the partial batch response of Lambda's event source mappings.

See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pinpoint_runtime.logger import logger

Record: TypeAlias = Mapping[str, Any]
BatchResponse: TypeAlias = dict[str, list[dict[str, str]]]

_LOG: Final = logger(__name__)


class NotYet(Exception):
    """The record has to come again later, as planned: that is no error, and is logged as none."""


def queue_failures(records: Sequence[Record], handle: Callable[[Record], object]) -> BatchResponse:
    """Handle each message of an SQS batch, and answer with those that raised: only they come again."""
    return _answer(
        [record["messageId"] for record in records if not _handled(record, record["messageId"], handle)]
    )


def stream_failures(records: Sequence[Record], handle: Callable[[Record], object]) -> BatchResponse:
    """Handle the records of a Kinesis batch in order, up to the first that raises.

    Lambda takes the stream up again at the reported record, so what stands behind it comes again
    anyway: to handle it now would only handle it twice.
    """
    for record in records:
        sequence_number = record["kinesis"]["sequenceNumber"]
        if not _handled(record, sequence_number, handle):
            return _answer([sequence_number])
    return _answer([])


def _handled(record: Record, identifier: str, handle: Callable[[Record], object]) -> bool:
    try:
        handle(record)
    except NotYet as later:
        _LOG.info("record comes again", extra={"record": identifier, "why": str(later)})
        return False
    except Exception as error:  # noqa: BLE001 (the edge: the record becomes a reported failure)
        _LOG.exception("record failed", extra={"record": identifier, "error": type(error).__name__})
        return False
    return True


def _answer(identifiers: list[str]) -> BatchResponse:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}
