"""The command line of the embedded AWS: `python -m embedded up|down|demo`."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from embedded import deployment, leash, server_process
from embedded.demo.command import demo
from embedded.deployment import Deployment
from embedded.server import Engine
from embedded.state import State

app = typer.Typer(help="An AWS account on this machine, with every stack deployed.", no_args_is_help=True)
console = Console(stderr=True)

StateFolder = Annotated[Path, typer.Option("--state", help="Folder of its environment, outputs and log.")]

_EXPECTED = (
    server_process.NotInstalled,
    server_process.AlreadyRunning,
    server_process.NotReady,
    deployment.DeploymentFailed,
    leash.TimedOut,
)


app.command()(demo)


@app.command()
def up(
    *,
    port: Annotated[int, typer.Option(help="Wanted port on 127.0.0.1; the next free one if taken.")] = 4566,
    state: StateFolder = Path(".embedded"),
    engine: Annotated[Engine, typer.Option(help="How Pinpoint is answered.")] = "hosted",
    context: Annotated[list[str] | None, typer.Option(help="CDK context, as name=value.")] = None,
    stacks: Annotated[str, typer.Option(help="Comma separated names; all of them by default.")] = "",
    app_folder: Annotated[
        Path, typer.Option("--app", help="Folder of the CDK app.")
    ] = server_process.REPOSITORY,
) -> None:
    """Start the embedded AWS, deploy the stacks into it, and leave it running."""
    began = time.monotonic()
    folder = State(state)
    wanted = Deployment(
        app=app_folder.resolve(),
        stacks=[name.strip() for name in stacks.split(",") if name.strip()],
        context=_context(context or []),
    )
    try:
        started = server_process.start(folder, port=port, engine=engine)
        if started.server.port != port:
            console.print(f"port {port} is taken: using {started.server.port}", soft_wrap=True)
        try:
            deployment.deploy(started.server, folder, wanted, lambda text: console.print(f"{text} …"))
        except BaseException:
            server_process.end(started, folder)
            raise
        folder.write_environment(started.server.endpoint)
        started.release()
    except _EXPECTED as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        console.print("interrupted: what was started has been ended", style="red")
        raise typer.Exit(130) from error
    console.print(f"{started.server.endpoint} is up after {time.monotonic() - began:.0f} s")
    told = f"source {folder.environment}; stack outputs are in {folder.outputs}"
    console.print(told, markup=False, soft_wrap=True)


@app.command()
def down(*, state: StateFolder = Path(".embedded")) -> None:
    """End what `up` started."""
    process_id = server_process.stop(State(state))
    console.print("nothing was running" if process_id is None else f"ended process {process_id}")


def _context(values: list[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, separator, _ in pairs:
        if not separator or not name:
            raise typer.BadParameter(f"context must be name=value, got {name!r}")
    return {name: value for name, _, value in pairs}


if __name__ == "__main__":
    app()
