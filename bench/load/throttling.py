"""Calls of Pinpoint's API that are refused for their number, as often as a load has faults."""

import json
from dataclasses import dataclass

from bench.load.scenario import Load
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
        if self.every:
            folder = stage.environment.parent
            State(folder).throttling.write_text(json.dumps({self.operation: self.every}))

    def of_calls(self, made: int) -> int:
        """How many of the calls that were made since were refused."""
        return made // self.every if self.every else 0
