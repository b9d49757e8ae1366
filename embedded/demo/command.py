"""The `demo` command."""

from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from embedded import deployment, leash, server_process
from embedded.demo.account import MissingOutput
from embedded.demo.options import Options
from embedded.demo.report import table
from embedded.demo.run import run
from embedded.demo.scenario import ScenarioFailed
from embedded.demo.scenarios import UnknownPattern
from embedded.server import Engine
from embedded.vendors.intake import Sabotage

_EXPECTED = (
    server_process.NotInstalled,
    server_process.NotReady,
    deployment.DeploymentFailed,
    leash.TimedOut,
    MissingOutput,
    ScenarioFailed,
    UnknownPattern,
    BotoCoreError,
    ClientError,
)


def demo(
    *,
    engine: Annotated[Engine, typer.Option(help="How Pinpoint is answered.")] = "hosted",
    pattern: Annotated[str, typer.Option(help="The stack that is shown; all of them by default.")] = "",
    seed: Annotated[int, typer.Option(help="Decides the traffic and the vendors' bad day.")] = 1,
    people: Annotated[int, typer.Option(help="Rows of the file, bad ones included.")] = 2_000,
    bad_rows: Annotated[int, typer.Option(help="Rows that no import may take.")] = 40,
    idempotency: Annotated[bool, typer.Option(help="Whether messages carry an idempotency key.")] = True,
    sabotage: Annotated[Sabotage, typer.Option(help="What goes wrong on purpose.")] = Sabotage.NONE,
    port: Annotated[int, typer.Option(help="Wanted port on 127.0.0.1; the next free one if taken.")] = 4630,
) -> None:
    """Deploy the stacks, send real traffic through, and check each count against the one computed before."""
    console = Console()
    try:
        options = Options(
            engine=engine,
            pattern=pattern,
            seed=seed,
            people=people,
            bad_rows=bad_rows,
            idempotency=idempotency,
            sabotage=sabotage,
            port=port,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        sections = run(options, console)
    except _EXPECTED as error:
        console.print(Text(str(error), style="bold red"), soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        console.print(Text("interrupted: what was started has been ended", style="bold red"))
        raise typer.Exit(130) from error
    console.print(table(sections))
    for section in sections:
        for one in section.off:
            console.print(Text(f"{one.cell}: expected {one.expected:,}, seen {one.seen:,}", style="bold red"))
        if not section.off:
            console.print(f"{section.title}: all {len(section.comparisons)} counts are as computed")
    if any(section.off for section in sections):
        raise typer.Exit(1)
