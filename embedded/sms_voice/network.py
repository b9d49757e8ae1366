"""The carriers and the handsets: every message that was sent, and what became of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from embedded.ministack_names import find
from embedded.server import ACCOUNT
from embedded.sms_voice.account import Account
from embedded.sms_voice.destinations import tell
from embedded.sms_voice.messages import Kept, Message
from embedded.sms_voice.outcomes import Step, outcome_of

# Late enough for the sender to have its answer first, as nearly always on AWS.
_FIRST_REPORT_AFTER: Final = 0.05
_BETWEEN_REPORTS: Final = 0.02
Later = Callable[[float, Callable[[], object]], object]


def _on_the_loop(seconds: float, call: Callable[[], object]) -> object:
    return asyncio.get_running_loop().call_later(seconds, call)


@dataclass
class Network:
    """All messages, in the order in which they were accepted.

    Attributes:
        later: Calls a function after some seconds.
    """

    later: Later = _on_the_loop
    _kept: list[Kept] = field(default_factory=list[Kept])
    _by_handset: dict[str, list[Kept]] = field(default_factory=dict[str, list[Kept]])

    def accept(self, account: Account, message: Message) -> None:
        """Take a message to its handset, and report about it on the way.

        Args:
            account: Whose message; its configuration sets say who is told.
            message: What to deliver.
        """
        kept = Kept(message, outcome_of(message.destination, message.kind))
        self._kept.append(kept)
        self._by_handset.setdefault(message.destination, []).append(kept)
        after = _FIRST_REPORT_AFTER
        for step in kept.outcome.steps:
            for _ in range(kept.outcome.copies):
                self.later(after, _reporting(account, kept, step))
                after += _BETWEEN_REPORTS

    def messages(self, handset: str = "") -> Sequence[Kept]:
        """The messages to a handset, or all of them."""
        return self._by_handset.get(handset, []) if handset else self._kept

    def last_to(self, handset: str, origination: str) -> Message | None:
        """The last message that was sent to a handset from a number."""
        sent = (kept.message for kept in reversed(self.messages(handset)))
        return next((message for message in sent if message.origination == origination), None)


def _reporting(account: Account, kept: Kept, step: Step) -> Callable[[], None]:
    def report() -> None:
        kept.status = step.status
        # A handset has a message by the time its last report is there, in whatever order they come.
        kept.is_received = kept.outcome.is_received
        configuration_set = account.configuration_sets.get(kept.message.configuration_set)
        # Called by the clock or for a handset, so that no request says which Region's bus is meant.
        with find("ministack.core.responses.request_scope")(ACCOUNT, account.region):
            tell(kept.message, step, account.clock(), configuration_set)

    return report
