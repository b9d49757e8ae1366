"""Which scenarios a run consists of."""

import pytest

from embedded.demo.options import Options
from embedded.demo.scenarios import ALL, scenarios_of


def test_without_a_pattern_all_run_in_their_order() -> None:
    assert [type(one) for one in scenarios_of(Options())] == list(ALL)


@pytest.mark.parametrize("pattern", [name for one in ALL for name in one.patterns])
def test_a_pattern_chooses_the_scenarios_that_show_it(pattern: str) -> None:
    chosen = scenarios_of(Options(pattern=pattern))
    assert chosen
    assert all(pattern in one.patterns for one in chosen)


@pytest.mark.parametrize("scenario", ALL)
def test_what_a_scenario_expects_depends_on_its_options_alone(scenario: type) -> None:
    small = Options(people=240, bad_rows=22)
    assert scenario(small).expect() == scenario(small).expect() != scenario(Options(seed=2)).expect()
