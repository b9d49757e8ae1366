"""The demo: its ledger balances, and it notices one message lost and one sent twice."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.run import perform
from embedded.demo.scenarios.campaign import Campaign
from embedded.demo.stage import Stage
from embedded.vendors.intake import Sabotage

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).resolve().parents[2]


def cells_that_are_off(stage: Stage, seed: int, sabotage: Sabotage) -> dict[str, tuple[int, int]]:
    options = Options(seed=seed, people=240, bad_rows=22, sabotage=sabotage)
    (section,) = perform(stage, [Campaign(options)], Narrator(Console(file=io.StringIO())))
    assert len(section.comparisons) > 50
    return {str(one.cell): (one.expected, one.seen) for one in section.off}


# Each of the two says of every other cell as well that it is as computed, with idempotency keys.


def test_a_message_that_is_lost_at_the_vendor_is_named(hosted_stage: Stage) -> None:
    off = cells_that_are_off(hosted_stage, 12, Sabotage.DROP_ONE)
    assert list(off) == ["Message vendor: messages taken in"]
    expected, seen = off["Message vendor: messages taken in"]
    assert seen == expected - 1


def test_a_message_that_is_sent_twice_is_named(hosted_stage: Stage) -> None:
    off = cells_that_are_off(hosted_stage, 13, Sabotage.SEND_TWICE)
    assert list(off) == ["Message vendor: messages taken in", "Message vendor: recipients taken in twice"]
    expected, seen = off["Message vendor: messages taken in"]
    assert seen == expected + 1


def test_the_command_does_the_same_on_pinpoints_own_types_and_without_idempotency_keys() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "embedded", "demo", "--engine", "pinpoint"),
            *("--no-idempotency", "--seed", "2", "--pattern", "CustomChannels"),
            *("--people", "400", "--bad-rows", "22"),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "counts are as computed" in done.stdout
