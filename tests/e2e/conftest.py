"""Every stack, deployed once for all tests that send real traffic through them."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.scenarios import scenarios_of
from embedded.demo.stage import Stage
from embedded.demo.staging import staged
from tests.support.answers import hold_all
from tests.support.handsets import CALLED


@pytest.fixture(scope="session")
def hosted_stage() -> Iterator[Stage]:
    options = Options()
    narrator = Narrator(Console(file=io.StringIO()))
    context = {"allow_list": CALLED}
    with staged(scenarios_of(options), options, narrator, context=context) as running:
        # Clients are kept: every answer that the demo and the tests get is held against the model.
        hold_all(running.account.client("pinpoint"))
        yield running
