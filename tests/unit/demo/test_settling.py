"""When the demo stops to wait."""

import io
import time

import pytest
from rich.console import Console

from embedded.demo import settling
from embedded.demo.ledger import Cell, Counts
from embedded.demo.report import Narrator

SENT, TAKEN = Cell("Campaign", "sent"), Cell("Vendor", "taken in")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments at which somebody looked, by a clock that only waiting moves."""
    moments = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: moments[-1])
    monkeypatch.setattr(time, "sleep", lambda seconds: moments.append(moments[-1] + seconds))
    return moments


def settled(taken_in: list[int]) -> Counts:
    """What is read of a vendor that is to take in three, and whose log grows from look to look."""

    def late() -> Counts:
        return {TAKEN: taken_in.pop(0) if len(taken_in) > 1 else taken_in[0]}

    narrator = Narrator(Console(file=io.StringIO()))
    return settling.settle({SENT: 3, TAKEN: 3}, {SENT: 3}, late, narrator)


def test_what_comes_late_is_waited_for(looks: list[float]) -> None:
    assert settled([0] * 30 + [1, 2, 3]) == {SENT: 3, TAKEN: 3}


def test_what_comes_too_many_is_seen_after_everything_is_there(looks: list[float]) -> None:
    assert settled([3, 3, 3, 4])[TAKEN] == 4


def test_a_surplus_is_not_waited_for_as_long_as_what_is_missing(looks: list[float]) -> None:
    assert settled([4])[TAKEN] == 4
    surplus = len(looks)
    assert settled([2])[TAKEN] == 2
    assert len(looks) - surplus > surplus
