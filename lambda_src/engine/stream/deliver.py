"""From the queue to the customer's stream, in the customer's role.

See https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from engine.context import Context
from engine.errors import Forbidden
from engine.operations.documents import event_stream_key
from engine.roles import assumed_client
from engine.store import Document
from engine.worker import GivenUp, Message

_RECORDS_A_CALL: Final = 500
_ATTEMPTS: Final = 5
_LONGEST_RETRY: Final = 6
_PutBatch = Callable[[Sequence[Document]], list[Document]]


def deliver(context: Context, message: Message) -> None:
    """Put a message's records on the project's stream.

    A project without a stream gets nothing and loses nothing it was promised. Records that the stream
    refuses on every attempt go back to the queue alone, so that the others are not put twice.

    Raises:
        GivenUp: The stream's role does not let the engine in, or the stream is gone.
    """
    application_id: str = message.body["ApplicationId"]
    settings = context.memory.recall(
        ("event stream", application_id), 10, lambda: context.store.get(event_stream_key(application_id))
    )
    if settings is None:
        return
    refused = _put_all(_batch_writer(context, application_id, settings.doc), message.body["Events"])
    if not refused:
        return
    round_ = int(message.body.get("Round", 1))
    if round_ >= _LONGEST_RETRY:
        raise GivenUp(f"the stream refused {len(refused)} records {round_ * _ATTEMPTS} times")
    again = {"ApplicationId": application_id, "Events": refused, "Round": round_ + 1}
    context.queues.send("stream", [again], delay_seconds=min(900, 5 * 2**round_))


def _batch_writer(context: Context, application_id: str, settings: Mapping[str, Any]) -> _PutBatch:
    from botocore.exceptions import ClientError

    arn: str = settings["DestinationStreamArn"]
    firehose = ":firehose:" in arn
    try:
        client = assumed_client(
            context,
            "firehose" if firehose else "kinesis",
            settings["RoleArn"],
            context.application_arn(application_id),
        )
    except Forbidden as refusal:
        raise GivenUp(refusal.message) from refusal

    def put(records: Sequence[Document]) -> list[Document]:
        try:
            return _put_firehose(client, arn, records) if firehose else _put_kinesis(client, arn, records)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("ResourceNotFoundException", "AccessDeniedException", "AccessDenied"):
                raise GivenUp(f"the event stream {arn} cannot be written to: {code}") from error
            raise

    return put


def _put_kinesis(client: Any, arn: str, records: Sequence[Document]) -> list[Document]:
    answer = client.put_records(
        StreamARN=arn,
        Records=[
            {"Data": _data(record), "PartitionKey": str(record["client"]["client_id"])[:256] or "-"}
            for record in records
        ],
    )
    return [
        record for record, result in zip(records, answer["Records"], strict=True) if result.get("ErrorCode")
    ]


def _put_firehose(client: Any, arn: str, records: Sequence[Document]) -> list[Document]:
    answer = client.put_record_batch(
        DeliveryStreamName=arn.rpartition("/")[2],
        # Firehose glues records together: the line end keeps them apart.
        Records=[{"Data": _data(record) + b"\n"} for record in records],
    )
    return [
        record
        for record, result in zip(records, answer["RequestResponses"], strict=True)
        if result.get("ErrorCode")
    ]


def _put_all(put: _PutBatch, events: Sequence[Document]) -> list[Document]:
    """Put records, 500 a call, the refused ones again; gives those refused on every attempt."""
    left: list[Document] = []
    for start in range(0, len(events), _RECORDS_A_CALL):
        pending: list[Document] = list(events[start : start + _RECORDS_A_CALL])
        for attempt in range(_ATTEMPTS):
            pending = put(pending)
            if not pending:
                break
            if attempt < _ATTEMPTS - 1:
                time.sleep(0.05 * 2**attempt * (0.5 + random.random()))
        left += pending
    return left


def _data(record: Document) -> bytes:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
