"""The course of one message: claim, send, settle, and what follows from the answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from patterns.custom_channel.adapter import Adapter
from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.ledger import Claimed, Duplicate, Held, Ledger, Settled, State
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import backoff
from pinpoint_runtime.webhook import Accepted, Outcome, Rejected, RetryLater, Unknown

_LOG: Final = logger(__name__)
_LONGEST_BACKOFF: Final = 300.0
# Short, so that a receiver that is back is soon noticed; long enough that hours of patience do not use up
# the queue's 1,000 receives.
_LONGEST_PATIENT_BACKOFF: Final = 60.0


@dataclass(frozen=True)
class Done:
    """It is over, and its result has to be reported."""

    state: State
    reason: str = ""


@dataclass(frozen=True)
class Wait:
    """Nothing more for now: it comes again after this many seconds."""

    seconds: float


@dataclass(frozen=True)
class Dropped:
    """A duplicate: another message answers for it."""


Course: TypeAlias = Done | Wait | Dropped


@dataclass(frozen=True)
class Received:
    """A message as the queue gave it: when it was put there (epoch seconds), and how often it was given."""

    message: ChannelMessage
    sent_at: float
    receives: int


@dataclass(frozen=True)
class Delivery:
    """How messages are delivered.

    Attributes:
        adapter: The vendor.
        ledger: What has been sent.
        max_attempts: Sends before a message counts as failed; what was no attempt does not count.
        patience: Seconds in the queue after which it counts as failed, whatever the reason.
        clock: Epoch seconds.
    """

    adapter: Adapter
    ledger: Ledger
    max_attempts: int
    patience: float
    clock: Callable[[], float] = time.time

    def run(self, received: Received) -> Course:
        """Do what is to be done for one message now."""
        message = received.message
        claim = self.ledger.claim(
            message.key,
            owner=message.owner,
            generation=message.generation,
            repeatable=self.adapter.repeatable,
        )
        match claim:
            case Claimed():
                return self._claimed(claim, received)
            case Settled(state, reason):
                # The report may not have gone out the last time.
                return Done(state, reason)
            case Held(until):
                return Wait(until - self.clock() + 1)
            case Duplicate():
                return Dropped()

    def _claimed(self, claim: Claimed, received: Received) -> Course:
        if self.clock() - received.sent_at > self.patience:
            return self._end(claim, "waited_too_long", failed=not claim.lost)
        outcome = self._send(received.message)
        match outcome:
            case Accepted():
                self.ledger.settle(claim, State.DELIVERED)
                return Done(State.DELIVERED)
            case Rejected(reason):
                return self._end(claim, reason, failed=True)
            case Unknown(reason) if not self.adapter.repeatable:
                return self._end(claim, reason, failed=False)
            case Unknown(reason):
                return self._again(claim, reason, lost=True)
            case RetryLater(_, after, attempted=False):
                self.ledger.reopen(claim, counts=False)
                return Wait(backoff(received.receives, longest=_LONGEST_PATIENT_BACKOFF, after=after))
            case RetryLater(reason, after):
                return self._again(claim, reason, after=after)

    def _send(self, message: ChannelMessage) -> Outcome:
        if message.defect:
            return Rejected(message.defect)
        try:
            return self.adapter.send(message)
        except Exception as error:  # noqa: BLE001 (an adapter's fault is one message's fault)
            _LOG.exception("adapter raised", extra={"message_key": message.key})
            return Unknown(f"adapter_raised_{type(error).__name__}")

    def _again(
        self, claim: Claimed, reason: str, *, after: float | None = None, lost: bool = False
    ) -> Course:
        if claim.attempts >= self.max_attempts:
            return self._end(claim, f"retries_exhausted:{reason}", failed=not (lost or claim.lost))
        self.ledger.reopen(claim, counts=True, lost=lost)
        return Wait(backoff(claim.attempts, longest=_LONGEST_BACKOFF, after=after))

    def _end(self, claim: Claimed, reason: str, *, failed: bool) -> Done:
        """Settle as failed only what surely did not reach anybody."""
        state = State.FAILED if failed else State.UNKNOWN
        self.ledger.settle(claim, state, reason)
        return Done(state, reason)
