"""Reads the event stream: what the platform has to know goes to a queue, what is no event to another."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from patterns.engagement_events.callbacks import callbacks_for
from patterns.engagement_events.events import MalformedRecord, parse
from pinpoint_runtime.batch import BatchResponse, Record, stream_failures
from pinpoint_runtime.callbacks import Callback, queue_callbacks
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, with_request
from pinpoint_runtime.settings import text

_LOG: Final = logger(__name__)
_SQS: Final = client("sqs")
_CALLBACKS: Final = text("CALLBACKS_QUEUE_URL")
_MALFORMED: Final = text("MALFORMED_QUEUE_URL")
# A message holds 1 MiB, a stream's record up to 10 MiB; the beginning says enough.
_LONGEST_RECORD: Final = 128 * 1024


@with_request
def handler(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Handle a batch of the stream; a record that cannot be handled now comes again."""
    callbacks: dict[str, list[Callback]] = {}
    answer = stream_failures(event, lambda record: handle(record, callbacks))
    left = _first_not_queued(callbacks)
    return answer if left is None else {"batchItemFailures": [{"itemIdentifier": left}]}


def handle(record: Record, callbacks: dict[str, list[Callback]]) -> None:
    """Handle one record. A malformed one counts as handled: no attempt would mend it.

    Args:
        record: As Lambda hands it over.
        callbacks: Takes what the record calls for, under its sequence number.
    """
    try:
        data = base64.b64decode(record["kinesis"]["data"], validate=True)
        called_for = list(callbacks_for(parse(data)))
    except (MalformedRecord, binascii.Error) as malformed:
        _set_aside(record, getattr(malformed, "reason", "the record is not base64"))
        return
    callbacks[record["kinesis"]["sequenceNumber"]] = called_for


def _first_not_queued(callbacks: Mapping[str, Sequence[Callback]]) -> str | None:
    """Queue all callbacks, ten a call, or else record by record up to one whose callbacks are not taken.

    Its number is given back. What is then queued a second time is told once: it has the same key.
    """
    try:
        queue_callbacks(_SQS, _CALLBACKS, chain.from_iterable(callbacks.values()))
    except Exception as error:  # noqa: BLE001 (whatever it was, it is to be one record's)
        _LOG.warning("callbacks not queued together", extra={"why": type(error).__name__})
    else:
        return None
    for number, called_for in callbacks.items():
        try:
            queue_callbacks(_SQS, _CALLBACKS, called_for)
        except Exception as error:  # noqa: BLE001 (the edge: the stream is taken up again here)
            _LOG.error("record failed", extra={"record": number, "error": type(error).__name__})
            return number
    return None


def _set_aside(record: Record, reason: str) -> None:
    # The mapping's own on-failure queue would keep only the record's place in the stream, and no reason.
    number = record["kinesis"]["sequenceNumber"]
    _LOG.warning("malformed event", extra={"reason": reason, "sequence_number": number})
    _SQS.send_message(
        QueueUrl=_MALFORMED,
        MessageBody=json.dumps(
            {
                "reason": reason,
                "sequence_number": number,
                "event_source_arn": record.get("eventSourceARN"),
                "data": record["kinesis"]["data"][:_LONGEST_RECORD],
            }
        ),
    )
