"""What a load is, and what a pattern's load scenario says beyond one of the demo."""

import math
import random
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from embedded.demo.scenario import Scenario
from embedded.demo.stage import Stage
from embedded.vendors.faults import FaultPlan

# Seconds that a scenario may wait for the last count to come to rest.
PATIENCE: Final = 3_600.0
# Seconds in which nothing may change: a function may run for minutes before it tells what it did.
STILLNESS: Final = 180.0
_TOLERATED_PERCENT: Final = 110
_HALVINGS_OF_A_HUNDRED: Final = 2 * math.log2(100)


@dataclass(frozen=True)
class Load:
    """How much is put in.

    Args:
        items: Of the pattern's kind, without those that are put in twice.
        seed: Decides which are bad and which come twice.
        faults: Share of items at which something goes wrong, from 0 to 1.
        duplicates: Share of items that are put in a second time.

    Raises:
        ValueError: There is nothing to do, or a share is none.
    """

    items: int = 20_000
    seed: int = 1
    faults: float = 0.05
    duplicates: float = 0.05

    def __post_init__(self) -> None:
        if self.items < 100:
            raise ValueError(f"a load has at least 100 items, got {self.items}")
        for name, share in (("faults", self.faults), ("duplicates", self.duplicates)):
            if not 0 <= share <= 0.5:
                raise ValueError(f"{name} is a share from 0 to 0.5, got {share}")

    @property
    def bad_items(self) -> int:
        """How many items meet a fault."""
        return round(self.items * self.faults)

    @property
    def repeated_items(self) -> int:
        """How many items are put in twice."""
        return round(self.items * self.duplicates)

    def draw(
        self, chance: random.Random, kinds: Sequence[str]
    ) -> tuple[dict[int, str], list[int], list[int]]:
        """Which items are bad and how, the kinds in turn; which are good; which of those come again."""
        bad = chance.sample(range(self.items), self.bad_items)
        flaws = {item: kinds[number % len(kinds)] for number, item in enumerate(sorted(bad))}
        good = [item for item in range(self.items) if item not in flaws]
        return flaws, good, chance.sample(good, min(self.repeated_items, len(good)))

    @property
    def fault_plan(self) -> FaultPlan:
        """A vendor's: half of the faults are throttling, the rest mostly failures, one in ten is cut off."""
        return FaultPlan(
            self.seed, throttled=self.faults / 2, broken=self.faults * 0.4, cut=self.faults * 0.1
        )


@dataclass(frozen=True)
class Calls:
    """What a pattern asked of an API.

    Args:
        api: The operation.
        made: Calls that were counted.
        floor: The fewest that the operation's limit allows.
        bad: Items for which a call may be refused and halved until they are found.
        throttled: Calls that were refused for their number, each of which is made once more.
    """

    api: str
    made: int
    floor: int
    bad: int = 0
    throttled: int = 0

    @property
    def most(self) -> int:
        """How many are tolerated: a tenth over the floor, and what faults cost.

        That is once more what was throttled, and for a bad item what finds it in a hundred.
        """
        tolerated = floor(self.floor * _TOLERATED_PERCENT, 100)
        return tolerated + self.throttled + math.ceil(_HALVINGS_OF_A_HUNDRED * self.bad)

    @property
    def ratio(self) -> float:
        """Calls over the floor."""
        return round(self.made / max(self.floor, 1), 3)

    @property
    def agrees(self) -> bool:
        """Whether there were enough for everything, and not too many."""
        return self.floor <= self.made <= self.most


def floor(items: int, limit: int) -> int:
    """The fewest calls for so many items, so many a call."""
    return -(-items // limit)


@dataclass(frozen=True)
class LoadScenario(Scenario):
    """A pattern under load.

    Args:
        load: How much.
    """

    load: Load

    @abstractmethod
    def calls(self, stage: Stage) -> Sequence[Calls]:
        """What the run asked of the API; asked for after `run`, on a stage that saw no other run."""
