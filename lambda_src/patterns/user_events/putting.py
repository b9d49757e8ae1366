"""Events on their way into the project: each is claimed before a call and settled after its answer.

A lost answer is repeated under the same event id: campaigns know it by that.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from patterns.user_events.reasons import Reason
from pinpoint_runtime.ledger import Claimed, Duplicate, Held, Ledger, Settled, State
from pinpoint_runtime.logger import logger
from pinpoint_runtime.pace import Pace, TooBusy
from pinpoint_runtime.project_events import ProjectEvent, Refused, put_each
from pinpoint_runtime.queues import backoff

_LOG: Final = logger(__name__)
_LONGEST_BACKOFF: Final = 300.0
_RETRY_SECONDS: Final = 10.0
_SOON: Final = 1.0


@dataclass(frozen=True)
class Taken:
    """The project has it. `before` says that it had it already."""

    before: bool = False


@dataclass(frozen=True)
class Never:
    """The project will not have it."""

    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


@dataclass(frozen=True)
class Later:
    """It comes again.

    Attributes:
        seconds: After which.
        reason: Why, in a word.
        held: Whether another worker is putting it at this moment, and answers for it.
    """

    seconds: float
    reason: str
    held: bool = False


Fate: TypeAlias = Taken | Never | Later


class OutOfTime(Exception):
    """The function has to end before it could hear the answer."""


# The project asks for patience, or we do: the event is not to blame.
_NO_ATTEMPTS: Final = frozenset({"TooManyRequestsException", TooBusy.__name__, OutOfTime.__name__})


@dataclass(frozen=True)
class Putting:
    """How events are put.

    Attributes:
        pinpoint: A boto3 client that repeats nothing by itself: a repetition is a call that the pace counts.
        application_id: The project.
        ledger: Which events the project has.
        pace: Of the calls.
        threads: Claims at a time.
        most_attempts: Calls before an event is given up.
        portion: Events that are claimed together: a batch of long lists may hold more than there is time for.
        clock: Epoch seconds.
    """

    pinpoint: Any
    application_id: str
    ledger: Ledger
    pace: Pace
    threads: Executor
    most_attempts: int
    portion: int = 2_000
    clock: Callable[[], float] = time.time

    def put(self, events: Sequence[ProjectEvent], *, deadline: float, counts: Counter[str]) -> list[Fate]:
        """Take events as far as they go now.

        Args:
            events: No endpoint with the same event id twice.
            deadline: Epoch seconds after which no call begins.
            counts: Each call that is made is added to `Calls`.

        Returns:
            What became of each.
        """
        fates: list[Fate] = []
        for start in range(0, len(events), self.portion):
            portion = events[start : start + self.portion]
            if self.clock() > deadline:
                # Nobody holds them: whoever comes next begins with them.
                fates += [Later(_SOON, OutOfTime.__name__)] * len(portion)
            else:
                fates += self._put_portion(portion, deadline, counts)
        return fates

    def _put_portion(
        self, events: Sequence[ProjectEvent], deadline: float, counts: Counter[str]
    ) -> list[Fate]:
        claims = list(self.threads.map(self._claim, events))
        fates: dict[int, Fate] = {
            n: claim for n, claim in enumerate(claims) if not isinstance(claim, Claimed)
        }
        held = {number: claim for number, claim in enumerate(claims) if isinstance(claim, Claimed)}

        def turn() -> None:
            if self.clock() > deadline:
                raise OutOfTime
            self.pace.wait()
            counts["Calls"] += 1

        answers = put_each(
            self.pinpoint, self.application_id, [events[number] for number in held], before_call=turn
        )
        settled = self.threads.map(self._settle, held.values(), answers)
        fates |= dict(zip(held, settled, strict=True))
        return [fates[number] for number in range(len(events))]

    def _claim(self, event: ProjectEvent) -> Claimed | Fate:
        try:
            claim = self.ledger.claim(key_of(event.endpoint_id, event.event_id), repeatable=True)
        except Exception as error:  # noqa: BLE001 (the edge: it comes again, the rest goes on)
            _LOG.error("event not claimed", extra={"why": type(error).__name__})
            return Later(_RETRY_SECONDS, type(error).__name__)
        match claim:
            case Claimed():
                return claim
            case Held(until):
                return Later(max(1.0, until - self.clock() + 1), "held", held=True)
            case Settled() | Duplicate():
                # Only what was taken is settled: what was refused may be put again, mended.
                return Taken(before=True)

    def _settle(self, claim: Claimed, refused: Refused | None) -> Fate:
        try:
            return self._settled(claim, refused)
        except Exception as error:  # noqa: BLE001 (the edge: its claim runs out, and it is put again)
            _LOG.error("event not settled", extra={"why": type(error).__name__})
            # If it was taken, another delivery of it would be told so after the claim has run out.
            return Later(_RETRY_SECONDS, type(error).__name__, held=True)

    def _settled(self, claim: Claimed, refused: Refused | None) -> Fate:
        if refused is None:
            self.ledger.settle(claim, State.DELIVERED)
            return Taken()
        counts = not refused.permanent and refused.reason not in _NO_ATTEMPTS
        # Open, whatever becomes of it: mended, or moved back from the dead letters, it may be put.
        self.ledger.reopen(claim, counts=counts)
        if refused.permanent:
            return Never(Reason.REFUSED_BY_PROJECT, f"the project answered {refused.reason}")
        if claim.attempts >= self.most_attempts and counts:
            return Never(Reason.GIVEN_UP, f"{refused.reason} after {claim.attempts} calls")
        return Later(backoff(claim.attempts, longest=_LONGEST_BACKOFF), refused.reason)


def key_of(endpoint_id: str, event_id: str) -> str:
    """The ledger's name for an event of an endpoint, from which neither can be read."""
    return hashlib.sha256(f"{endpoint_id.lower()}\n{event_id}".encode()).hexdigest()
