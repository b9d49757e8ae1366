"""The ledger as a table, and the progress on the way to it."""

import copy
import threading
import time
from collections.abc import Sequence

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from embedded.demo.ledger import Section


class _Status:
    """The line of a terminal that is written over; several may do so at once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._lock = threading.Lock()
        self._shown: Status | None = None

    def begin(self, text: Text) -> None:
        with self._lock:
            self._stop()
            # A terminal that is narrow breaks the line; an address can be copied whole.
            self.console.print(text, soft_wrap=True)
            if self.console.is_terminal:
                self._shown = self.console.status("working")
                self._shown.start()

    def update(self, text: Text) -> None:
        with self._lock:
            if self._shown is not None:
                self._shown.update(text)

    def end(self) -> None:
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None


class Narrator:
    """Says what is going on, in words that need no knowledge of the system. Safe to use from several threads.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._status = _Status(console)
        self._began = time.monotonic()
        self._subject = ""

    def about(self, subject: str) -> "Narrator":
        """One that names its subject with each step, for what happens side by side."""
        named = copy.copy(self)
        named._subject = f"{subject}: "
        return named

    def step(self, text: str) -> None:
        """A new step begins."""
        self._status.begin(Text(f"{self.seconds:4.0f} s  {self._subject}{text}"))

    def detail(self, text: str) -> None:
        """How far the step is; shown in place on a terminal, and nowhere else."""
        self._status.update(Text(f"{self._subject}{text}"))

    def close(self) -> None:
        """The step is over."""
        self._status.end()

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
