"""Cells that are expected, cells that were seen, and which of them differ."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Cell:
    """A place in the ledger.

    Args:
        where: The part of the system that counts, such as `Message vendor`.
        what: What is counted there.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Counts = Mapping[Cell, int]


@dataclass(frozen=True)
class Comparison:
    """One cell, expected and seen.

    Args:
        cell: The place.
        expected: The count computed before the run; 0 where nobody expected the cell at all.
        seen: The count seen; 0 where nothing was seen.
    """

    cell: Cell
    expected: int
    seen: int

    @property
    def agrees(self) -> bool:
        """Whether it was as computed."""
        return self.expected == self.seen


@dataclass(frozen=True)
class Section:
    """The part of the ledger that one scenario answers for.

    Args:
        title: The scenario's.
        comparisons: Its cells.
    """

    title: str
    comparisons: tuple[Comparison, ...]

    @property
    def off(self) -> tuple[Comparison, ...]:
        """The cells that are not as computed."""
        return tuple(one for one in self.comparisons if not one.agrees)


def compare(expected: Counts, seen: Counts) -> tuple[Comparison, ...]:
    """Every cell that is expected or seen, in the order of the expectation; surprises come last.

    Args:
        expected: Counts computed before the run.
        seen: Counts read afterwards; a missing cell counts 0.
    """
    surprises = [cell for cell in seen if cell not in expected]
    return tuple(
        Comparison(cell, expected.get(cell, 0), seen.get(cell, 0)) for cell in [*expected, *sorted(surprises)]
    )
