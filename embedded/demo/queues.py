"""Messages into queues, and dead letters out of them."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from embedded.demo.account import Account
from embedded.demo.ledger import Cell

_MOST_ENTRIES: Final = 10
# SQS bounds the sum of a call's messages; a little is left for what goes with them.
_MOST_BYTES: Final = 250_000


def fill(account: Account, url: str, bodies: Sequence[str]) -> None:
    """Put messages into a queue, in their order, as few calls as their number and size allow.

    Raises:
        RuntimeError: The queue did not take some of them.
    """
    for chunk in _chunks(bodies):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(chunk)]
        answer = account.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        if failed := answer.get("Failed"):
            raise RuntimeError(f"the queue did not take {len(failed)} of {len(entries)} messages")


@dataclass(frozen=True)
class DeadLetter:
    """What was given up, and why."""

    reason: str
    body: str

    @property
    def kind(self) -> str:
        """The reason, up to its colon."""
        return self.reason.partition(":")[0]


@dataclass(frozen=True)
class DeadLetters:
    """The letters of one dead-letter queue, gathered over as many looks as it takes until they are there.

    Attributes:
        account: Where the queue is.
        url: The queue.
        mark: Only the letters whose body holds it are taken; the others stay in the queue.
        found: Those that were taken, by message id.
    """

    account: Account
    url: str
    mark: str = ""
    found: dict[str, DeadLetter] = field(default_factory=dict[str, DeadLetter])

    @classmethod
    def of(
        cls, account: Account, stack: str, output: str = "DeadLettersUrl", *, mark: str = ""
    ) -> "DeadLetters":
        """Those of the queue whose URL a stack puts out."""
        return cls(account, account.output(stack, output), mark)

    def read(self) -> list[DeadLetter]:
        """Take what is there now. Returns all that were taken until now."""
        sqs = self.account.client("sqs")
        while messages := sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=_MOST_ENTRIES, MessageAttributeNames=["Reason"]
        ).get("Messages"):
            for message in messages:
                if self.mark in message["Body"]:
                    self.found[message["MessageId"]] = _letter(message)
                    sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return list(self.found.values())

    def counts(self, where: str = "Dead letters") -> Counter[Cell]:
        """How many letters there are of each kind until now, each a line of the ledger's part `where`."""
        return Counter(Cell(where, letter.kind) for letter in self.read())


def _letter(message: dict[str, Any]) -> DeadLetter:
    body, attributes = message["Body"], message.get("MessageAttributes", {})
    # What is set aside from a stream says its reason in the body.
    reason = attributes["Reason"]["StringValue"] if attributes else json.loads(body)["reason"]
    return DeadLetter(reason, body)


def _chunks(bodies: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if chunk and (len(chunk) == _MOST_ENTRIES or size + length > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(body)
        size += length
    if chunk:
        yield chunk
