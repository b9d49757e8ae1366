"""Bootstrapping and deploying into the embedded AWS with the stock CDK CLI."""

import json
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
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


class UnknownStack(DeploymentFailed):
    """The app has no stack of a wanted name; the message names those it has."""


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
        UnknownStack: The app has no stack of a wanted name.
        leash.TimedOut: A step took too long.
    """
    state.deployment_log.write_bytes(b"")
    cli = _CommandLine(server=server, state=state)
    say("synthesizing the stacks and bootstrapping the account")
    # Not in threads: an interrupted pool would wait until both have come to their end.
    with _synthesis(cli, deployment) as synthesis, _bootstrap(cli) as bootstrap:
        bootstrap.finish(_BOOTSTRAP_SECONDS)
        synthesis.finish(_SYNTH_SECONDS)
    refuse_unknown(deployment.stacks, state)
    say("deploying the stacks")
    if server.engine == "pinpoint" and _ENGINE_STACK in _stacks(state):
        # No stack depends on it, as none does on AWS; here it is what answers for Pinpoint.
        _deploy(cli, deployment, [_ENGINE_STACK])
    _deploy(cli, deployment, list(deployment.stacks) or ["--all"])
    outputs = state.deployed_outputs
    state.write_outputs(json.loads(outputs.read_text()) if outputs.exists() else {}, server.endpoint)


@dataclass(frozen=True)
class _Step:
    """A command of the CDK CLI that runs."""

    command: str
    running: leash.Leashed
    said: Path
    state: State

    def finish(self, seconds: float) -> None:
        code = self.running.wait(seconds)
        said = self.said.read_bytes()
        with self.state.deployment_log.open("ab") as whole:
            whole.write(said)
        if code != 0:
            tail = "\n".join(said.decode(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
            raise DeploymentFailed(
                f"cdk {self.command} failed; {self.state.deployment_log} ends with:\n{tail}"
            )


@dataclass(frozen=True)
class _CommandLine:
    server: Server
    state: State

    @contextmanager
    def step(self, arguments: Sequence[str], *, folder: Path) -> Generator[_Step]:
        # A log for each step, since two of them run at once.
        said = self.state.scratch / f"cdk-{arguments[0]}.log"
        command = [str(_CLI), *arguments, "--no-notices", "--no-version-reporting", "--ci"]
        with leash.leashed(command, folder=folder, environment=self._environment(), log=said) as running:
            yield _Step(arguments[0], running, said, self.state)

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        quiet = {
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "NO_COLOR": "1",
            # Half of a synth, of templates that `make synth` and the tests validate.
            "CDK_VALIDATION": "false",
        }
        return inherited | quiet | client_environment(self.server.endpoint)


def _bootstrap(cli: _CommandLine) -> AbstractContextManager[_Step]:
    # From a folder without a `cdk.json`: with one, the CLI synthesizes the app first.
    return cli.step(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], folder=cli.state.scratch)


def _deploy(cli: _CommandLine, deployment: Deployment, stacks: Sequence[str]) -> None:
    assembly, outputs = str(cli.state.assembly), str(cli.state.deployed_outputs)
    arguments = [
        *("deploy", "--app", assembly, "--outputs-file", outputs, "--method", "direct"),
        *("--require-approval", "never", "--concurrency", "4", "--progress", "events"),
        *stacks,
    ]
    with cli.step(arguments, folder=deployment.app) as step:
        step.finish(_DEPLOY_SECONDS)


def refuse_unknown(wanted: Sequence[str], state: State) -> None:
    """Check names against the synthesized assembly: the CLI says what is missing, but not what there is.

    Raises:
        UnknownStack: No stack has one of the names.
    """
    known = _stacks(state)
    for name in wanted:
        if name not in known:
            raise UnknownStack(f"no stack is called {name!r}: there are {', '.join(sorted(known))}")


def _stacks(state: State) -> set[str]:
    artifacts = json.loads((state.assembly / "manifest.json").read_text())["artifacts"]
    return {name for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"}


def _synthesis(cli: _CommandLine, deployment: Deployment) -> AbstractContextManager[_Step]:
    # Whatever a stack calls on this machine has no certificate.
    context = {"engine": cli.server.engine, "local_webhooks": "true", **deployment.context}
    values = [argument for name, value in context.items() for argument in ("--context", f"{name}={value}")]
    assembly = ["--quiet", "--output", str(cli.state.assembly)]
    return cli.step(["synth", *assembly, *values], folder=deployment.app)
