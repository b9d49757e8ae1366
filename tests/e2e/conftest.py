"""Every stack, deployed once for all tests that send real traffic through them."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.stage import Stage, stage
from tests.support.answers import hold_all


@pytest.fixture(scope="session")
def hosted_stage() -> Iterator[Stage]:
    with stage(Options(), Narrator(Console(file=io.StringIO()))) as running:
        # Clients are kept: every answer that the demo and the tests get is held against the model.
        hold_all(running.account.client("pinpoint"))
        yield running
