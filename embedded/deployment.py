"""Bootstrapping and deploying into the embedded AWS with the stock CDK CLI."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from embedded import leash
from embedded.server import ACCOUNT, REGION, Server
from embedded.server_process import REPOSITORY
from embedded.state import State, client_environment

_ENGINE_STACK: Final = "Engine"
_CLI: Final = REPOSITORY / "node_modules" / ".bin" / "cdk"
_BOOTSTRAP_SECONDS: Final = 120.0
_SYNTH_SECONDS: Final = 240.0
_DEPLOY_SECONDS: Final = 300.0
_LOG_TAIL_LINES: Final = 30


class DeploymentFailed(RuntimeError):
    """The CDK CLI failed; the message ends with what it said last."""


@dataclass(frozen=True)
class Deployment:
    """What to deploy.

    Args:
        app: Folder of the CDK app, with its `cdk.json`.
        stacks: Names of stacks, which bring what they depend on; all of the app's when empty.
        context: CDK context, on top of `engine`.
    """

    app: Path = REPOSITORY
    stacks: Sequence[str] = ()
    context: Mapping[str, str] = field(default_factory=dict[str, str])


def deploy(server: Server, state: State, deployment: Deployment, say: Callable[[str], None]) -> None:
    """Bootstrap the account, deploy the stacks and write their outputs to the state folder.

    Args:
        say: Told what happens, in a few words.

    Raises:
        DeploymentFailed: A step of the CLI failed.
        leash.TimedOut: A step took too long.
    """
    state.deployment_log.write_bytes(b"")
    cli = _CommandLine(server=server, state=state)
    say("synthesizing the stacks and bootstrapping the account")
    with ThreadPoolExecutor(max_workers=2) as both:
        synthesis = both.submit(_synthesize, cli, deployment)
        bootstrap = both.submit(_bootstrap, cli)
        for step in (bootstrap, synthesis):
            step.result()
    say("deploying the stacks")
    if server.engine == "pinpoint" and _ENGINE_STACK in _stacks(state):
        # No stack depends on it, as none does on AWS; here it is what answers for Pinpoint.
        _deploy(cli, deployment, [_ENGINE_STACK])
    _deploy(cli, deployment, list(deployment.stacks) or ["--all"])
    outputs = state.deployed_outputs
    state.write_outputs(json.loads(outputs.read_text()) if outputs.exists() else {}, server.endpoint)


@dataclass(frozen=True)
class _CommandLine:
    server: Server
    state: State

    def run(self, arguments: Sequence[str], *, folder: Path, seconds: float) -> None:
        # A log for each step, since two of them run at once.
        step = self.state.scratch / f"cdk-{arguments[0]}.log"
        with step.open("wb") as log:
            code = leash.run(
                [str(_CLI), *arguments, "--no-notices", "--no-version-reporting", "--ci"],
                folder=folder,
                environment=self._environment(),
                log=log,
                seconds=seconds,
            )
        said = step.read_bytes()
        with self.state.deployment_log.open("ab") as whole:
            whole.write(said)
        if code != 0:
            tail = "\n".join(said.decode(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
            raise DeploymentFailed(
                f"cdk {arguments[0]} failed; {self.state.deployment_log} ends with:\n{tail}"
            )

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        quiet = {
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "NO_COLOR": "1",
        }
        return inherited | quiet | client_environment(self.server.endpoint)


def _bootstrap(cli: _CommandLine) -> None:
    # From a folder without a `cdk.json`: with one, the CLI synthesizes the app first.
    cli.run(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], folder=cli.state.scratch, seconds=_BOOTSTRAP_SECONDS)


def _deploy(cli: _CommandLine, deployment: Deployment, stacks: Sequence[str]) -> None:
    assembly, outputs = str(cli.state.assembly), str(cli.state.deployed_outputs)
    cli.run(
        [
            *("deploy", "--app", assembly, "--outputs-file", outputs, "--method", "direct"),
            *("--require-approval", "never", "--concurrency", "4", "--progress", "events"),
            *stacks,
        ],
        folder=deployment.app,
        seconds=_DEPLOY_SECONDS,
    )


def _stacks(state: State) -> set[str]:
    artifacts = json.loads((state.assembly / "manifest.json").read_text())["artifacts"]
    return {name for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"}


def _synthesize(cli: _CommandLine, deployment: Deployment) -> None:
    context = {"engine": cli.server.engine, **deployment.context}
    values = [argument for name, value in context.items() for argument in ("--context", f"{name}={value}")]
    assembly = ["--quiet", "--output", str(cli.state.assembly)]
    cli.run(["synth", *assembly, *values], folder=deployment.app, seconds=_SYNTH_SECONDS)
