"""The demo from beginning to end: scenarios, one after the other, on one stage."""

from collections.abc import Sequence

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
    """Runs scenarios on what is there already.

    Two performances on one stage need two seeds: the people of the first have had their messages.
    """
    expectations = [scenario.expect() for scenario in scenarios]
    narrator.step(f"computed {sum(map(len, expectations))} counts that everything below has to come to")
    sections: list[Section] = []
    for scenario, expected in zip(scenarios, expectations, strict=True):
        narrator.part(f"{scenario.title} ({', '.join(scenario.patterns)})")
        seen = scenario.run(stage, expected, narrator)
        sections.append(Section(scenario.title, compare(expected, seen)))
    return sections
