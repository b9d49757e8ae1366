"""Messages into queues, and the ends of a batch that came from one.

Calls hold ten messages; what a call refuses is read, message by message.

See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pinpoint_runtime.logger import logger

Record: TypeAlias = Mapping[str, Any]

_LOG: Final = logger(__name__)
_MOST_ENTRIES: Final = 10
# SQS bounds the sum of a batch as it bounds one message.
_MOST_BYTES: Final = 250_000
_ROUNDS: Final = 4
# SQS hides a message for 12 hours after it was received, at most.
_LONGEST_WAIT: Final = 11 * 3600.0
_RETRY_SECONDS: Final = 30.0


class EnqueueFailed(Exception):
    """A queue did not take some messages after several tries. `count` is how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"the queue did not take {count} messages")
        self.count = count


@dataclass(frozen=True)
class Letter:
    """A body, why it is sent where it is sent, if there is a reason, and the seconds until it shows (900)."""

    body: str
    reason: str = ""
    delay: int = 0

    @property
    def size(self) -> int:
        """Bytes, as SQS counts them."""
        return len(self.body.encode()) + len(self.reason.encode())


@dataclass(frozen=True)
class Finished:
    """The message is dealt with."""


@dataclass(frozen=True)
class Again:
    """The message comes again after this many seconds."""

    seconds: float


@dataclass(frozen=True)
class Dead:
    """The message goes to the dead letters, with the reason. `body` stands there in place of its own."""

    reason: str
    body: str | None = None


End: TypeAlias = Finished | Again | Dead


class SourceQueue:
    """The queue that a function's batches come from, and its dead letters.

    Args:
        sqs: A boto3 SQS client.
        url: The queue.
        dead_letters_url: Where those go that cannot be dealt with.
    """

    def __init__(self, sqs: Any, *, url: str, dead_letters_url: str) -> None:
        self._sqs = sqs
        self._url = url
        self._dead_letters_url = dead_letters_url

    def settle(self, ends: Iterable[tuple[Record, End]]) -> list[str]:
        """Bury what is dead, and hide what comes again for as long as it waits.

        Nothing is given up before it is kept elsewhere: if the dead letters do not take a message, it comes
        again.

        Returns:
            The message ids to answer Lambda with: those that come again.
        """
        pairs = list(ends)
        waiting = [(record, end.seconds) for record, end in pairs if isinstance(end, Again)]
        dead = [(record, end) for record, end in pairs if isinstance(end, Dead)]
        if dead and not self._keep(dead):
            waiting += [(record, _RETRY_SECONDS) for record, _ in dead]
        self._hide(waiting)
        return [str(record["messageId"]) for record, _ in waiting]

    def bury(self, letters: Iterable[Letter]) -> None:
        """Put parts of messages among the dead letters, whatever becomes of the messages.

        Raises:
            EnqueueFailed: Some were not taken; the others were.
        """
        enqueue(self._sqs, self._dead_letters_url, letters)

    def _keep(self, dead: Sequence[tuple[Record, Dead]]) -> bool:
        letters = [
            Letter(record["body"] if end.body is None else end.body, end.reason) for record, end in dead
        ]
        try:
            self.bury(letters)
        except Exception as error:  # noqa: BLE001 (nothing may be deleted before it is kept elsewhere)
            _LOG.error("dead letters not kept", extra={"why": type(error).__name__, "count": len(dead)})
            return False
        return True

    def _hide(self, waiting: Sequence[tuple[Record, float]]) -> None:
        """If that fails, they come with the queue's own timeout."""
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": record["receiptHandle"],
                "VisibilityTimeout": max(1, round(min(seconds, _LONGEST_WAIT))),
            }
            for number, (record, seconds) in enumerate(waiting)
        ]
        for start in range(0, len(entries), _MOST_ENTRIES):
            try:
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self._url, Entries=entries[start : start + _MOST_ENTRIES]
                )
            except Exception as error:  # noqa: BLE001
                _LOG.warning("waits not set", extra={"why": type(error).__name__})


def backoff(times: int, *, longest: float, after: float | None = None) -> float:
    """Seconds to wait: growing with each time, spread out so that not all come back at once.

    Args:
        times: How often it was tried.
        longest: The most that it grows to.
        after: What the other side asked for; never less than that.
    """
    growing = min(longest, 2.0 ** min(times, 16))
    return min(max(after or 0.0, growing / 2) + random.uniform(0, growing / 2), _LONGEST_WAIT)


def enqueue(
    sqs: Any, queue_url: str, letters: Iterable[Letter], *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Put messages into a queue.

    Raises:
        EnqueueFailed: Some were not taken; the others were.
    """
    failed = sum(len(_send(sqs, queue_url, chunk, sleep)) for chunk in _chunks(letters))
    if failed:
        raise EnqueueFailed(failed)


def _send(
    sqs: Any, queue_url: str, letters: Sequence[Letter], sleep: Callable[[float], None]
) -> Sequence[Letter]:
    for attempt in range(_ROUNDS):
        entries = [_entry(number, letter) for number, letter in enumerate(letters)]
        answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        letters = [letters[int(failure["Id"])] for failure in answer.get("Failed", [])]
        if not letters:
            break
        if attempt + 1 < _ROUNDS:
            sleep(0.1 * 2**attempt)
    return letters


def _entry(number: int, letter: Letter) -> dict[str, Any]:
    entry: dict[str, Any] = {"Id": str(number), "MessageBody": letter.body}
    if letter.delay:
        entry["DelaySeconds"] = letter.delay
    if letter.reason:
        entry["MessageAttributes"] = {"Reason": {"DataType": "String", "StringValue": letter.reason}}
    return entry


def _chunks(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    chunk: list[Letter] = []
    size = 0
    for letter in letters:
        if chunk and (len(chunk) == _MOST_ENTRIES or size + letter.size > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(letter)
        size += letter.size
    if chunk:
        yield chunk
