"""How many message parts each origination identity may send a second.

https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-mps.html
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

DRY_RUNS: Final = 5
SENDER_ID: Final = "SENDER_ID"
# Calls are counted by the minute.
CALLS_A_MINUTE: Final = 20

PARTS_PER_SECOND: Final = {
    "LONG_CODE": 10,
    "SHORT_CODE": 100,
    "TEN_DLC": 1,
    "TOLL_FREE": 3,
    SENDER_ID: 10,
    # AWS states no rate for these.
    "SIMULATOR": 10,
}
"""By number type, before any increase that AWS grants."""


@dataclass
class _Bucket:
    level: float
    at: float


@dataclass
class Pace:
    """Token buckets, one for each sender.

    A bucket holds a second's parts. A message of more parts than that is sent from a full bucket, and the
    debt is waited for afterwards: a text of three parts keeps a number of one part a second for three.

    Attributes:
        clock: Seconds, never going back.
    """

    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, _Bucket] = field(default_factory=dict[str, _Bucket])

    def take(self, sender: str, parts: int, *, rate: float, room: float | None = None) -> bool:
        """Take a message's parts, or nothing and answer False when they have to wait.

        Args:
            sender: Who sends.
            parts: Of the message.
            rate: Parts a second.
            room: What may be sent at once after a pause; a second's parts if not given.
        """
        most = rate if room is None else room
        now = self.clock()
        bucket = self._buckets.setdefault(sender, _Bucket(most, now))
        bucket.level = min(most, bucket.level + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.level < min(parts, most):
            return False
        bucket.level -= parts
        return True
