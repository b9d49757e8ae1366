"""Queues of a pattern under load: filled by tens, waited for until they are empty, dead letters by reason."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from bench.load.scenario import PATIENCE
from embedded.demo.account import Account
from embedded.demo.report import Narrator

_MOST_ENTRIES: Final = 10
_STATES: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
# Empty for this long: between a queue and the next one nothing is on its way any more.
_QUIET_SECONDS: Final = 3.0


def fill(account: Account, url: str, bodies: Sequence[str]) -> None:
    """Put messages into a queue, ten a call.

    Raises:
        RuntimeError: The queue did not take some of them.
    """
    for start in range(0, len(bodies), _MOST_ENTRIES):
        entries = [
            {"Id": str(number), "MessageBody": body}
            for number, body in enumerate(bodies[start : start + _MOST_ENTRIES])
        ]
        answer = account.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        if failed := answer.get("Failed"):
            raise RuntimeError(f"the queue did not take {len(failed)} of {len(entries)} messages")


def wait_until_empty(account: Account, urls: Sequence[str], narrator: Narrator) -> None:
    """Wait until nothing is in any of the queues, hidden messages included, or patience is over."""
    began = filled = time.monotonic()
    while (now := time.monotonic()) - filled < _QUIET_SECONDS and now - began < PATIENCE:
        waiting = sum(_waiting(account, url) for url in urls)
        narrator.detail(f"{waiting:,} messages wait")
        if waiting:
            filled = time.monotonic()
        time.sleep(0.5)


def dead_letters(account: Account, url: str) -> Counter[str]:
    """Take the dead letters from their queue; the reasons up to the colon."""
    sqs, reasons = account.client("sqs"), Counter[str]()
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=_MOST_ENTRIES, MessageAttributeNames=["Reason"]
    ).get("Messages"):
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            # What is set aside from a stream says its reason in the body.
            reason = (
                attributes["Reason"]["StringValue"] if attributes else json.loads(message["Body"])["reason"]
            )
            reasons[reason.partition(":")[0]] += 1
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return reasons


def _waiting(account: Account, url: str) -> int:
    answer = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(_STATES))
    return sum(int(answer["Attributes"].get(name, 0)) for name in _STATES)
