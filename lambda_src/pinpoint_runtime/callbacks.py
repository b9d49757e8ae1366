"""What a system of record is to be told once, on its way to the function that posts it.

A producer puts callbacks into the sender's queue; the sender posts each under its key.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from pinpoint_runtime.queues import Letter, enqueue

# A key is the webhook's id: other characters would not survive as a header, or part the signed text.
KEY_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class CallbackUnreadable(Exception):
    """A message of the queue is no callback. The text says what is wrong, without any of its values."""


@dataclass(frozen=True)
class Callback:
    """One call of the webhook.

    Attributes:
        key: The same whenever the same thing is to be told again, so that it is told once: letters,
            digits, `_` and `-`.
        body: What is posted. It may hold what belongs in no log.
        generation: Raised each time it ends among the dead letters: put back, it may be tried anew.
    """

    key: str
    body: Mapping[str, Any]
    generation: int = 0

    def to_json(self) -> str:
        """The message of the queue."""
        return json.dumps({"key": self.key, "body": dict(self.body), "generation": self.generation})

    def put_back(self) -> "Callback":
        """What stands among the dead letters, so that it can be moved back as it is."""
        return replace(self, generation=self.generation + 1)


def callback_from_json(text: str) -> Callback:
    """Read a message of the queue.

    Raises:
        CallbackUnreadable: It is none.
    """
    try:
        message: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise CallbackUnreadable("it is not JSON") from None
    if not isinstance(message, dict):
        raise CallbackUnreadable("it is not a JSON object")
    fields = cast("dict[str, Any]", message)
    key, body, generation = fields.get("key"), fields.get("body"), fields.get("generation", 0)
    if not isinstance(key, str) or not 1 <= len(key) <= 256 or not KEY_CHARACTERS.issuperset(key):
        raise CallbackUnreadable("key must be 1 to 256 letters, digits, _ and -")
    if not isinstance(body, dict):
        raise CallbackUnreadable("body must be an object")
    if isinstance(generation, bool) or not isinstance(generation, int) or generation < 0:
        raise CallbackUnreadable("generation must be a whole number")
    return Callback(key, cast("dict[str, Any]", body), generation)


def queue_callbacks(sqs: Any, queue_url: str, callbacks: Iterable[Callback]) -> None:
    """Put callbacks into a sender's queue.

    Args:
        sqs: A boto3 SQS client.
        queue_url: The queue of a `CallbackSender`.
        callbacks: What is to be told.

    Raises:
        EnqueueFailed: The queue did not take some of them.
    """
    enqueue(sqs, queue_url, (Letter(callback.to_json()) for callback in callbacks))
