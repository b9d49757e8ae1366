"""Queues of a pattern under load, waited for until they are empty."""

import time
from collections.abc import Sequence
from typing import Final

from bench.load.scenario import PATIENCE
from embedded.demo.account import Account
from embedded.demo.report import Narrator

_STATES: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
# Empty for this long: between a queue and the next one nothing is on its way any more.
_QUIET_SECONDS: Final = 3.0


def wait_until_empty(account: Account, urls: Sequence[str], narrator: Narrator) -> None:
    """Wait until nothing is in any of the queues, hidden messages included, or patience is over."""
    began = filled = time.monotonic()
    while (now := time.monotonic()) - filled < _QUIET_SECONDS and now - began < PATIENCE:
        waiting = sum(_waiting(account, url) for url in urls)
        narrator.detail(f"{waiting:,} messages wait")
        if waiting:
            filled = time.monotonic()
        time.sleep(0.5)


def _waiting(account: Account, url: str) -> int:
    answer = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(_STATES))
    return sum(int(answer["Attributes"].get(name, 0)) for name in _STATES)
