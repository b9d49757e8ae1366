"""Messages into a queue, ten a call, each call's failures read."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

_MOST_ENTRIES: Final = 10
# SQS bounds the sum of a batch as it bounds one message.
_MOST_CHARACTERS: Final = 250_000
_ROUNDS: Final = 4


class EnqueueFailed(Exception):
    """A queue did not take some messages after several tries. `count` is how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"the queue did not take {count} messages")
        self.count = count


@dataclass(frozen=True)
class Letter:
    """A body, and why it is sent where it is sent, if there is a reason."""

    body: str
    reason: str = ""


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
    if letter.reason:
        entry["MessageAttributes"] = {"Reason": {"DataType": "String", "StringValue": letter.reason}}
    return entry


def _chunks(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    chunk: list[Letter] = []
    size = 0
    for letter in letters:
        if chunk and (len(chunk) == _MOST_ENTRIES or size + len(letter.body) > _MOST_CHARACTERS):
            yield chunk
            chunk, size = [], 0
        chunk.append(letter)
        size += len(letter.body) + len(letter.reason)
    if chunk:
        yield chunk
