"""The demo from beginning to end: its scenarios, on one stage."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from embedded.demo.ledger import Section, compare
from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario
from embedded.demo.scenarios import scenarios_of
from embedded.demo.stage import Stage
from embedded.demo.staging import staged


def run(options: Options, console: Console) -> Sequence[Section]:
    """Runs the demo on an account of its own, and leaves nothing running.

    Args:
        options: What to run.
        console: Where to say what is going on.

    Returns:
        The ledger, a section a scenario.

    Raises:
        UnknownPattern: No scenario shows the wanted pattern; nothing was started.
    """
    scenarios = scenarios_of(options)
    narrator = Narrator(console)
    try:
        with staged(scenarios, options, narrator) as stage:
            sections = perform(stage, scenarios, narrator)
            narrator.step("ending everything")
        return sections
    finally:
        narrator.close()


def perform(stage: Stage, scenarios: Sequence[Scenario], narrator: Narrator) -> Sequence[Section]:
    """Runs scenarios on what is there already: those that need it alone first, the others side by side.

    Two performances on one stage need two seeds: the people of the first have had their messages.

    Returns:
        A section a scenario, in the order of the scenarios.
    """
    expectations = {scenario: scenario.expect() for scenario in scenarios}
    narrator.step(f"computed {sum(map(len, expectations.values()))} counts that all below has to come to")

    def section(scenario: Scenario) -> Section:
        expected = expectations[scenario]
        seen = scenario.run(stage, expected, narrator.about(scenario.title))
        return Section(scenario.title, compare(expected, seen))

    sections = {scenario: section(scenario) for scenario in scenarios if scenario.alone}
    threads = ThreadPoolExecutor(max_workers=len(scenarios))
    try:
        others = [scenario for scenario in scenarios if not scenario.alone]
        sections |= zip(others, threads.map(section, others), strict=True)
    finally:
        # An interruption does not wait for them: they end by themselves when the stage does.
        threads.shutdown(wait=False, cancel_futures=True)
    return [sections[scenario] for scenario in scenarios]
