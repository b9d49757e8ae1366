"""Calls of Pinpoint's API: counted where they arrive, and refused as often as a load has faults."""

import json
from dataclasses import dataclass

from bench.load.scenario import Calls, Load
from embedded.demo.stage import Stage
from embedded.state import State


@dataclass(frozen=True)
class Throttling:
    """Each n-th call of an operation is answered with 429.

    Args:
        operation: Of the API.
        every: Which; 0 for none.
    """

    operation: str
    every: int

    @classmethod
    def of(cls, load: Load, operation: str) -> "Throttling":
        """The load's share of faults."""
        return cls(operation, round(1 / load.faults) if load.faults else 0)

    def begin(self, stage: Stage) -> None:
        """From now on: calls before were neither refused nor counted."""
        _state(stage).throttling.write_text(json.dumps({self.operation: self.every}))

    def calls(self, stage: Stage, floor: int, *, bad: int = 0) -> Calls:
        """The calls since.

        Args:
            stage: Where they were made.
            floor: The fewest that the operation's limit allows.
            bad: Items for which a call may be refused and halved until they are found.
        """
        counts = _state(stage).watched_calls
        made = json.loads(counts.read_text())[self.operation] if counts.exists() else 0
        throttled = made // self.every if self.every else 0
        return Calls(self.operation, made, floor, bad=bad, throttled=throttled)


def _state(stage: Stage) -> State:
    return State(stage.environment.parent)
