"""The demo's exit code and last words."""

import pytest
import typer
from typer.testing import CliRunner, Result

from embedded.demo import command
from embedded.demo.ledger import Cell, Comparison, Section


def invoke(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(command.demo)
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("seen", "code", "words"),
    [(5, 0, "Events: all 1 counts are as computed"), (4, 1, "CDP: callbacks: expected 5, seen 4")],
)
def test_a_cell_that_is_off_is_named_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, seen: int, code: int, words: str
) -> None:
    comparison = Comparison(Cell("CDP", "callbacks"), 5, seen)
    monkeypatch.setattr(command, "run", lambda *_: (Section("Events", (comparison,)),))
    result = invoke()
    assert result.exit_code == code
    assert words in result.output


def test_an_unknown_pattern_is_refused_with_the_known_ones_before_anything_is_started() -> None:
    result = invoke("--pattern", "Postcards")
    assert result.exit_code == 1
    assert result.output.startswith("no part of the demo shows 'Postcards': there are SegmentImport, ")


def test_a_file_that_is_too_small_is_a_wrong_argument() -> None:
    result = invoke("--people", "40", "--bad-rows", "0")
    assert result.exit_code == 2
    assert "at least 50 rows have to be good" in result.output
