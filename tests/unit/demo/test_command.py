"""The demo's exit code and last words."""

import pytest
import typer
from typer.testing import CliRunner

from embedded.demo import command
from embedded.demo.ledger import Cell, Comparison


@pytest.mark.parametrize(
    ("seen", "code", "words"),
    [(5, 0, "all 1 counts are as computed"), (4, 1, "CDP: callbacks: expected 5, seen 4")],
)
def test_a_cell_that_is_off_is_named_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, seen: int, code: int, words: str
) -> None:
    monkeypatch.setattr(command, "run", lambda *_: (Comparison(Cell("CDP", "callbacks"), 5, seen),))
    app = typer.Typer()
    app.command()(command.demo)
    result = CliRunner().invoke(app, [])
    assert result.exit_code == code
    assert words in result.output
