"""The ledger as a table, and the progress on the way to it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from embedded.demo.ledger import Section


@dataclass
class Narrator:
    """Says what is going on, in words that need no knowledge of the system.

    Args:
        console: Where to.
    """

    console: Console
    _began: float = field(default_factory=time.monotonic)
    _status: Status | None = None

    def step(self, text: str) -> None:
        """A new step begins."""
        self.close()
        self.console.print(Text(f"{self.seconds:4.0f} s  {text}"))
        if self.console.is_terminal:
            self._status = self.console.status("working")
            self._status.start()

    def part(self, title: str) -> None:
        """A new part begins, of several steps."""
        self.close()
        self.console.print(Text(f"\n{title}", style="bold"))

    def detail(self, text: str) -> None:
        """How far the step is; shown in place on a terminal, and nowhere else."""
        if self._status is not None:
            self._status.update(Text(text))

    def close(self) -> None:
        """The step is over."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began


def table(sections: Sequence[Section]) -> Table:
    """The whole ledger: a section a scenario, in it each place once, in the order of its first cell."""
    drawn = Table(title="The ledger: every cell computed before the run", title_justify="left")
    for heading in ("where", "what"):
        drawn.add_column(heading)
    for heading in ("expected", "seen"):
        drawn.add_column(heading, justify="right")
    drawn.add_column("")
    for section in sections:
        drawn.add_row(Text(section.title, style="bold"))
        drawn.add_section()
        _add_cells(drawn, section)
    return drawn


def _add_cells(drawn: Table, section: Section) -> None:
    for place in dict.fromkeys(comparison.cell.where for comparison in section.comparisons):
        here = [comparison for comparison in section.comparisons if comparison.cell.where == place]
        for number, one in enumerate(here):
            drawn.add_row(
                place if number == 0 else "",
                one.cell.what,
                f"{one.expected:,}",
                f"{one.seen:,}",
                "ok" if one.agrees else "OFF",
                style="" if one.agrees else "bold red",
            )
        drawn.add_section()
