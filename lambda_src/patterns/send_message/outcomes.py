"""How a message to one recipient ended, or why it has not yet."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias

from pinpoint_runtime.ledger import State

Status: TypeAlias = Literal["SENT", "FAILED", "LEFT_OUT", "UNKNOWN"]


@dataclass(frozen=True)
class Outcome:
    """It is over.

    Attributes:
        status: `SENT`: the service behind the channel took it. `FAILED`: it never will. `LEFT_OUT`: it must
            not be sent. `UNKNOWN`: the answer was lost; it is not sent again.
        reason: A short name, and what the API said.
        message_id: That of the channel's service.
    """

    status: Status
    reason: str = ""
    message_id: str = ""

    @property
    def state(self) -> State:
        """As the ledger has it."""
        return _STATES[self.status]

    def to_text(self) -> str:
        """As it is kept beside the state, so that it can be told again."""
        return json.dumps(asdict(self))

    @classmethod
    def from_ledger(cls, state: State, text: str) -> "Outcome":
        """What was kept; the ledger itself settles an expired claim, with a reason of its own."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return cls("UNKNOWN" if state is State.UNKNOWN else "FAILED", text)


@dataclass(frozen=True)
class Postponed:
    """It was surely not sent, and comes again.

    Attributes:
        reason: Why.
        counts: Whether it was an attempt: who asks for patience has not failed.
        after: Seconds, if it is known when.
    """

    reason: str
    counts: bool
    after: float = 0.0


Fate: TypeAlias = Outcome | Postponed

_STATES: Final = {
    "SENT": State.DELIVERED,
    "FAILED": State.FAILED,
    "LEFT_OUT": State.FAILED,
    "UNKNOWN": State.UNKNOWN,
}
