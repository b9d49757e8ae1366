"""Dead letters: what failed, and may say of whom."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from pinpoint_runtime.clients import client

_RECEIVED: Final = 10
# What was looked at stays hidden for so long: within that time a queue is seen whole.
_HIDDEN_SECONDS: Final = 300
# An empty queue is asked for a second: its servers are many, and each is heard.
_ASKED_AT_ONCE: Final = 10


@dataclass(frozen=True)
class LettersStore:
    """Dead-letter queues, whose messages that name the person are deleted; the others come back.

    Attributes:
        client: A boto3 SQS client.
        urls: The queues.
    """

    client: Any
    urls: Sequence[str]

    def sweep(self, person: Person, after: Place | None) -> Swept:
        # By place in the list: an answer shall not hold all addresses.
        left: list[int] = list(range(len(self.urls))) if after is None else after["Left"]
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as asked:
            found = list(asked.map(partial(self._sweep, person), [self.urls[index] for index in left]))
        again = [index for index, (received, _) in zip(left, found, strict=True) if received]
        return Swept(sum(removed for _, removed in found), {"Left": again} if again else None)

    def _sweep(self, person: Person, url: str) -> tuple[int, int]:
        """How many messages of a queue were looked at, and removed."""
        received = self.client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_RECEIVED,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=1,
        ).get("Messages", [])
        named = [message for message in received if person.named_in_text(message["Body"])]
        for message in named:
            self.client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(received), len(named)


def store(told: Mapping[str, Any]) -> LettersStore:
    """The queues that a description names."""
    return LettersStore(client("sqs"), tuple(told["places"]))
