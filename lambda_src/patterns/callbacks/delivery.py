"""The course of one callback: claim, post, settle, and what follows from the answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pinpoint_runtime.callbacks import Callback, CallbackUnreadable, callback_from_json
from pinpoint_runtime.ledger import Claim, Claimed, Duplicate, Held, Ledger, Settled, State
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import Again, Dead, End, Finished, backoff
from pinpoint_runtime.webhook import Accepted, Outcome, Rejected, RetryLater, Unknown

_LOG: Final = logger(__name__)
# As long as SQS hides a message, nearly: a receiver that is down for a weekend is asked a few times a day.
_LONGEST_BACKOFF: Final = 4 * 3600.0
_RETRY: Final = Again(30.0)


class Receiver(Protocol):
    """Whom callbacks are posted to."""

    def post(self, message_id: str, payload: Mapping[str, Any]) -> Outcome:
        """Post once, under an id that is the same on each repetition."""
        ...


@dataclass(frozen=True)
class Delivery:
    """How callbacks are delivered.

    Attributes:
        receiver: Whom they are posted to. It knows a repetition by its id.
        ledger: What it has been told.
        most_attempts: Posts before a callback counts as failed. A receiver that asks for patience, or was
            not reached because of us, has not failed.
        clock: Epoch seconds.
    """

    receiver: Receiver
    ledger: Ledger
    most_attempts: int
    clock: Callable[[], float] = time.time

    def run(self, text: str) -> tuple[End, str]:
        """Do what is to be done for one message now.

        Args:
            text: The message as the queue holds it.

        Returns:
            What becomes of it there, and the name under which that is counted.
        """
        try:
            callback = callback_from_json(text)
        except CallbackUnreadable as unreadable:
            return Dead(f"unreadable callback: {unreadable}"), "Poison"
        try:
            return self._course(callback)
        except Exception:  # noqa: BLE001 (the edge: it comes again, the rest goes on)
            _LOG.exception("callback failed", extra={"key": callback.key})
            return _RETRY, "Postponed"

    def _course(self, callback: Callback) -> tuple[End, str]:
        # Every receiver of Standard Webhooks knows a repetition by its id: a lost answer may be repeated.
        claim: Claim = self.ledger.claim(callback.key, generation=callback.generation, repeatable=True)
        match claim:
            case Claimed():
                return self._post(callback, claim)
            case Held(until):
                return Again(max(1.0, until - self.clock() + 1)), "Postponed"
            case Settled(State.FAILED | State.UNKNOWN, reason):
                # It may not have reached the dead letters the last time.
                return _buried(callback, reason)
            case Settled() | Duplicate():
                return Finished(), "Duplicates"

    def _post(self, callback: Callback, claim: Claimed) -> tuple[End, str]:
        outcome = self.receiver.post(callback.key, callback.body)
        match outcome:
            case Accepted():
                self.ledger.settle(claim, State.DELIVERED)
                return Finished(), "Delivered"
            case Rejected(reason):
                return self._give_up(callback, claim, reason)
            case RetryLater(reason, after=None) | Unknown(reason) if claim.attempts >= self.most_attempts:
                return self._give_up(
                    callback,
                    claim,
                    f"{reason} after {claim.attempts} attempts",
                    lost=isinstance(outcome, Unknown),
                )
            case RetryLater(after=after):
                # Who names a time to come back has not failed.
                return self._again(claim, counts=after is None, after=after)
            case Unknown():
                return self._again(claim, counts=True, lost=True)

    def _again(
        self, claim: Claimed, *, counts: bool, after: float | None = None, lost: bool = False
    ) -> tuple[End, str]:
        self.ledger.reopen(claim, counts=counts, lost=lost)
        return Again(backoff(claim.attempts, longest=_LONGEST_BACKOFF, after=after)), "Postponed"

    def _give_up(
        self, callback: Callback, claim: Claimed, reason: str, *, lost: bool = False
    ) -> tuple[End, str]:
        self.ledger.settle(claim, State.UNKNOWN if lost or claim.lost else State.FAILED, reason)
        _LOG.warning("callback given up", extra={"key": claim.key, "reason": reason})
        return _buried(callback, reason)


def _buried(callback: Callback, reason: str) -> tuple[End, str]:
    return Dead(reason, callback.put_back().to_json()), "Failed"
