"""When a vendor misbehaves: a pure function of the seed, the recipient and the attempt."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What a vendor does in place of a clean answer."""

    NONE = "none"
    THROTTLED = "429"
    BROKEN = "500"
    CUT = "cut"
    """The message is accepted, then the connection is cut before the answer."""


@dataclass(frozen=True)
class FaultPlan:
    """How often a vendor misbehaves; the same seed misbehaves in the same places.

    Args:
        seed: Any whole number.
        throttled: Share of attempts answered 429, from 0 to 1.
        broken: Share of attempts answered 500.
        cut: Share of attempts that are accepted and then cut.
        last_faulty_attempt: From the next attempt on, the vendor has recovered.
    """

    seed: int
    throttled: float = 0.05
    broken: float = 0.03
    cut: float = 0.01
    last_faulty_attempt: int = 2

    def fault(self, recipient: str, attempt: int) -> Fault:
        """What happens at one attempt.

        Args:
            recipient: Who the message is for; ids of messages are not known before the run.
            attempt: 1 for the first.
        """
        if attempt > self.last_faulty_attempt:
            return Fault.NONE
        digest = hashlib.sha256(f"{self.seed}|{recipient}|{attempt}".encode()).digest()
        chance = int.from_bytes(digest[:8]) / 2**64
        for fault, share in (
            (Fault.THROTTLED, self.throttled),
            (Fault.BROKEN, self.broken),
            (Fault.CUT, self.cut),
        ):
            if chance < share:
                return fault
            chance -= share
        return Fault.NONE

    def attempts(self, recipient: str) -> tuple[Fault, ...]:
        """What a sender meets that tries again after 429 and 500, up to the acceptance."""
        met: list[Fault] = []
        while not met or met[-1] in (Fault.THROTTLED, Fault.BROKEN):
            met.append(self.fault(recipient, len(met) + 1))
        return tuple(met)
