"""Every stack, deployed once for all tests that send real traffic through them."""

import io
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.scenarios import scenarios_of
from embedded.demo.stage import Stage
from embedded.demo.staging import staged
from embedded.state import State
from tests.support.answers import hold_all
from tests.support.handsets import CALLED

_LOG: Final = pytest.StashKey[Path]()
_LENGTH_BEFORE: Final = pytest.StashKey[int]()
_MOST_LINES: Final = 40


@pytest.fixture(scope="session")
def hosted_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    options = Options()
    narrator = Narrator(Console(file=io.StringIO()))
    context = {"allow_list": CALLED}
    with staged(scenarios_of(options), options, narrator, context=context) as running:
        # Clients are kept: every answer that the demo and the tests get is held against the model.
        hold_all(running.account.client("pinpoint"))
        request.config.stash[_LOG] = State(running.environment.parent).log
        yield running


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember how far the log of the embedded AWS was when a test began."""
    log = item.config.stash.get(_LOG, None)
    item.stash[_LENGTH_BEFORE] = log.stat().st_size if log else 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failed test what the embedded AWS warned of meanwhile: the log goes with the stage."""
    report = yield
    log = item.config.stash.get(_LOG, None)
    if log and report.failed and call.when == "call":
        written = log.read_bytes()[item.stash[_LENGTH_BEFORE] :].decode(errors="replace")
        warned = [line for line in written.splitlines() if " INFO " not in line]
        report.sections.append(("the embedded AWS warned of", "\n".join(warned[-_MOST_LINES:])))
    return report
