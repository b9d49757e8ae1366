"""`python -m bench.load`; `bench/load/__init__.py` says what it does."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bench.load.report import calls_table, write
from bench.load.run import run
from bench.load.scenario import Load
from embedded.demo.report import table
from embedded.demo.scenarios import UnknownPattern


def load(
    *,
    pattern: Annotated[str, typer.Option(help="The stack that is put under load.")] = "SendMessage",
    items: Annotated[int, typer.Option(help="Items that are put in.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Decides which are bad and which come twice.")] = 1,
    faults: Annotated[float, typer.Option(help="Share of items at which something goes wrong.")] = 0.05,
    duplicates: Annotated[float, typer.Option(help="Share of items that are put in twice.")] = 0.05,
    port: Annotated[int, typer.Option(help="Wanted port on 127.0.0.1; the next free one if taken.")] = 4680,
) -> None:
    """Put items through one pattern, and check each count against the one computed before."""
    console = Console()
    try:
        wanted = Load(items=items, seed=seed, faults=faults, duplicates=duplicates)
        outcome = run(pattern or "SendMessage", wanted, console, port=port)
    except (ValueError, UnknownPattern) as error:
        raise typer.BadParameter(str(error)) from error
    console.print(table([outcome.section]))
    console.print(calls_table(outcome))
    for sentence in outcome.wrong:
        console.print(Text(sentence, style="bold red"))
    rate = outcome.load.items / outcome.seconds
    console.print(f"{outcome.seconds:.0f} s, {rate:.0f} items a second; kept in {write(outcome, pattern)}")
    if outcome.wrong:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(load)
