"""Claims before a call goes out, and settlements after its answer: nobody is sent to twice."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from patterns.send_message.outcomes import Fate, Outcome, Postponed
from patterns.send_message.targets import Target
from pinpoint_runtime.ledger import Claimed, Duplicate, Held, Ledger, Settled
from pinpoint_runtime.logger import logger

_LOG: Final = logger(__name__)


class Claims:
    """The recipients in the ledger.

    Args:
        ledger: Keyed by request and address.
        max_attempts: Sends before a recipient counts as failed.
    """

    def __init__(self, ledger: Ledger, *, max_attempts: int, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._max_attempts = max_attempts
        self._clock = clock

    def claim(self, target: Target, *, over: bool) -> Claimed | Fate:
        """Ask to send to a target.

        Args:
            target: It has an address.
            over: Whether its request has waited for too long: it is settled then, unless it was before.
        """
        try:
            claim = self._ledger.claim(target.key, owner=target.owner)
        except Exception as error:  # noqa: BLE001 (nothing was sent: it comes again)
            _LOG.warning("not claimed", extra={"why": type(error).__name__})
            return Postponed("not_claimed", counts=False)
        match claim:
            case Claimed() if over:
                return self.settle(claim, Outcome("FAILED", "waited_too_long"))
            case Claimed():
                return claim
            case Settled(state, reason):
                # It was not told the last time.
                return Outcome.from_ledger(state, reason)
            case Held(until):
                return Postponed("held", counts=False, after=max(1.0, until - self._clock() + 1))
            case Duplicate():
                return Outcome("LEFT_OUT", "address_of_another_recipient")

    @staticmethod
    def held(claimed: Mapping[Target, Claimed | Fate]) -> dict[Target, Claimed]:
        """Those that may be sent to."""
        return {target: claim for target, claim in claimed.items() if isinstance(claim, Claimed)}

    def settle(self, claim: Claimed, fate: Fate) -> Fate:
        """Write down what a call came to.

        Returns:
            The fate, or the end of a recipient that was tried for too often.
        """
        if isinstance(fate, Postponed) and fate.counts and claim.attempts >= self._max_attempts:
            fate = Outcome("FAILED", f"retries_exhausted: {fate.reason}")
        try:
            if isinstance(fate, Postponed):
                self._ledger.reopen(claim, counts=fate.counts)
            else:
                self._ledger.settle(claim, fate.state, fate.to_text())
        except Exception as error:  # noqa: BLE001 (the claim stays: it is never sent again)
            _LOG.error("not settled", extra={"why": type(error).__name__})
        return fate
