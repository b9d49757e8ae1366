"""How much waits in the queue, and taking more of it at once than Lambda hands over."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Final

# How long a reading is good for.
_FRESH_SECONDS: Final = 10.0
# An import takes minutes; Pinpoint works on ten of an account at a time.
_MOST_OPEN_FILES: Final = 5
_RECEIVES_AT_ONCE: Final = 8
_MOST_ENTRIES: Final = 10


class Backlog:
    """The queue of changes, seen as a whole.

    Args:
        sqs: A boto3 SQS client.
        url: The queue of changes.
        files_url: The queue in which a message stands for each file whose import is not over.
        import_above: From how many waiting messages on changes go by file.
    """

    def __init__(
        self,
        sqs: Any,
        *,
        url: str,
        files_url: str,
        import_above: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sqs = sqs
        self._url = url
        self._files_url = files_url
        self._import_above = import_above
        self._monotonic = monotonic
        self._read_at = float("-inf")
        self._long = False

    def is_long(self) -> bool:
        """Whether calls would take too long, and one more file may be imported."""
        if self._monotonic() - self._read_at >= _FRESH_SECONDS:
            self._long = (
                self._count(self._url, "ApproximateNumberOfMessages") > self._import_above
                and self._count(
                    self._files_url,
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                )
                < _MOST_OPEN_FILES
            )
            self._read_at = self._monotonic()
        return self._long

    def take(self, most: int, threads: Executor, *, seconds: float) -> list[dict[str, Any]]:
        """Receive messages, as the records that Lambda would make of them.

        Args:
            most: No more than about so many.
            threads: Receives at a time.
            seconds: No longer than about so long.
        """
        until = self._monotonic() + seconds
        records: list[dict[str, Any]] = []
        while len(records) < most and self._monotonic() < until:
            wave = [
                record
                for received in threads.map(self._receive, range(_RECEIVES_AT_ONCE))
                for record in received
            ]
            if not wave:
                break
            records += wave
        # What was taken waits no longer in the queue, and is no less long for that.
        if self._long:
            self._read_at = self._monotonic()
        return records

    def delete(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Delete messages that were taken and are dealt with; one that stays comes again, and is stale."""
        entries = [
            {"Id": str(number), "ReceiptHandle": record["receiptHandle"]}
            for number, record in enumerate(records)
        ]
        for start in range(0, len(entries), _MOST_ENTRIES):
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries[start : start + _MOST_ENTRIES])

    def _receive(self, _number: int) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=_MOST_ENTRIES, MessageSystemAttributeNames=["All"]
        )
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
            }
            for message in answer.get("Messages", [])
        ]

    def _count(self, url: str, *names: str) -> int:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)
