"""The `demo` command."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from embedded import deployment, leash, server_process
from embedded.demo.account import MissingOutput
from embedded.demo.campaigns import CampaignFailed
from embedded.demo.importing import ImportStuck
from embedded.demo.options import Options
from embedded.demo.report import table
from embedded.demo.run import run
from embedded.server import Engine
from embedded.vendors.intake import Sabotage

_EXPECTED = (
    server_process.NotInstalled,
    server_process.NotReady,
    deployment.DeploymentFailed,
    leash.TimedOut,
    MissingOutput,
    ImportStuck,
    CampaignFailed,
)


def demo(
    *,
    engine: Annotated[Engine, typer.Option(help="How Pinpoint is answered.")] = "hosted",
    seed: Annotated[int, typer.Option(help="Decides the file and the vendors' bad day.")] = 1,
    idempotency: Annotated[bool, typer.Option(help="Whether messages carry an idempotency key.")] = True,
    sabotage: Annotated[Sabotage, typer.Option(help="What goes wrong on purpose.")] = Sabotage.NONE,
    port: Annotated[int, typer.Option(help="Wanted port on 127.0.0.1; the next free one if taken.")] = 4630,
) -> None:
    """Deploy everything, send real traffic through, and check each count against the one computed before."""
    console = Console()
    options = Options(engine=engine, seed=seed, idempotency=idempotency, sabotage=sabotage, port=port)
    try:
        comparisons = run(options, console)
    except _EXPECTED as error:
        console.print(Text(str(error), style="bold red"))
        raise typer.Exit(1) from error
    console.print(table(comparisons))
    off = [comparison for comparison in comparisons if not comparison.agrees]
    for one in off:
        console.print(Text(f"{one.cell}: expected {one.expected:,}, seen {one.seen:,}", style="bold red"))
    if off:
        raise typer.Exit(1)
    console.print(f"all {len(comparisons)} counts are as computed")
