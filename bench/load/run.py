"""One load from beginning to end, on an embedded AWS of its own."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from bench.load.scenario import Calls, Load, LoadScenario
from bench.load.scenarios import scenario_of
from embedded.demo.ledger import Section, compare
from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.stage import Stage
from embedded.demo.staging import staged


@dataclass(frozen=True)
class Outcome:
    """What a load came to.

    Args:
        load: What was put in.
        section: Each count, expected and seen.
        calls: What was asked of the API.
        seconds: From the first item to the last count.
    """

    load: Load
    section: Section
    calls: Sequence[Calls]
    seconds: float

    @property
    def wrong(self) -> tuple[str, ...]:
        """A sentence for each cell that is not as it has to be."""
        cells = [f"{one.cell}: expected {one.expected:,}, seen {one.seen:,}" for one in self.section.off]
        calls = [
            f"{one.api}: {one.made:,} calls, expected {one.floor:,} to {one.most:,}"
            for one in self.calls
            if not one.agrees
        ]
        return (*cells, *calls)


def run(pattern: str, load: Load, console: Console, *, port: int) -> Outcome:
    """Deploys what the pattern needs, puts the load through, and leaves nothing running.

    Args:
        pattern: The stack.
        load: How much.
        console: Where to say what is going on.
        port: The wanted port of the embedded AWS; the next free one if it is taken.

    Raises:
        UnknownPattern: No load is there for it; nothing was started.
    """
    scenario = scenario_of(pattern, Options(pattern=pattern, seed=load.seed, port=port), load)
    narrator = Narrator(console)
    try:
        with staged([scenario], scenario.options, narrator) as stage:
            return measure(stage, scenario, narrator)
    finally:
        narrator.close()


def measure(stage: Stage, scenario: LoadScenario, narrator: Narrator) -> Outcome:
    """Puts a load through what is there already."""
    expected = scenario.expect()
    narrator.step(f"computed {len(expected)} counts for {scenario.load.items:,} items")
    began = time.perf_counter()
    seen = scenario.run(stage, expected, narrator)
    seconds = time.perf_counter() - began
    section = Section(scenario.title, compare(expected, seen))
    return Outcome(scenario.load, section, scenario.calls(stage), seconds)
