"""Batches from queues and streams: one bad record stays one bad record.

Powertools keeps account of what failed; what is added is one line in the log for each failure, without
anybody's address, and the order of a stream.

See https://docs.powertools.aws.dev/lambda/python/latest/utilities/batch/.
"""

import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    ExceptionInfo,
    FailureResponse,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

from pinpoint_runtime.logger import logger

Record: TypeAlias = Mapping[str, Any]
BatchResponse: TypeAlias = PartialItemFailureResponse

_LOG: Final = logger(__name__)


class NotYet(Exception):
    """The record has to come again later, as planned: that is no error, and is logged as none."""


def queue_failures(
    event: Mapping[str, Any],
    handle: Callable[[Record], object],
    *,
    reason: Callable[[BaseException], str] = str,
) -> BatchResponse:
    """Handle each message of an SQS event, and answer with those that raised: only they come again.

    Args:
        event: What Lambda hands over.
        handle: Called once a message; whatever it raises fails that message only.
        reason: What the log may say of an exception, its redacted text by default.
    """
    return _answer(_Batch(EventType.SQS, reason), event, handle)


def stream_failures(event: Mapping[str, Any], handle: Callable[[Record], object]) -> BatchResponse:
    """Handle the records of a Kinesis event in order, up to the first that raises.

    Args:
        event: What Lambda hands over.
        handle: Called once a record; what it raises ends the batch at that record.
    """
    return _answer(_OrderedBatch(EventType.KinesisDataStreams, str), event, handle)


def _answer(
    batch: "_Batch", event: Mapping[str, Any], handle: Callable[[Record], object]
) -> PartialItemFailureResponse:
    def handle_one(record: Record) -> None:
        handle(record)

    return process_partial_response(dict(event), handle_one, batch)


class _Batch(BatchProcessor):
    def __init__(self, event_type: EventType, reason: Callable[[BaseException], str]) -> None:
        # A batch that failed entirely is answered as any other: an error of the function would hold back
        # the reasons, and ring the alarm for what is bound to come again.
        super().__init__(event_type, raise_on_entire_batch_failure=False)
        self._reason = reason

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:
        place = record["messageId"] if "messageId" in record else record["kinesis"]["sequenceNumber"]
        _, error, trace = exception
        if isinstance(error, NotYet):
            _LOG.info("record comes again", extra={"record": place, "why": str(error)})
        elif error is not None:
            details = {
                "record": place,
                "error": type(error).__name__,
                "reason": self._reason(error),
                "at": "".join(traceback.format_tb(trace)[-3:]),
            }
            _LOG.error("record failed", extra=details)
        return super().failure_handler(record, exception)


class _OrderedBatch(_Batch):
    """Ends at the first failure.

    Lambda takes the stream up again at the lowest record that is reported, so what stands behind it comes
    again anyway: to handle it now would only handle it twice, and ahead of its turn.
    See https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html.
    """

    def process(self) -> list[tuple[Any, ...]]:
        done: list[tuple[Any, ...]] = []
        for record in self.records:
            done.append(self._process_record(record))
            if self.fail_messages:
                break
        return done
