"""Setting the stage: vendors, an AWS account, the stacks in it."""

import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from embedded import deployment, server_process
from embedded.demo.account import Account
from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario
from embedded.demo.stage import Stage, Vendor
from embedded.deployment import Deployment
from embedded.state import State
from embedded.vendors.faults import FaultPlan
from embedded.vendors.intake import Intake
from embedded.vendors.server import serve


@contextmanager
def staged(
    scenarios: Sequence[Scenario],
    options: Options,
    narrator: Narrator,
    *,
    context: Mapping[str, str] | None = None,
) -> Generator[Stage]:
    """Starts everything that scenarios need, and ends it when the block is left, however it is left.

    The logs are kept when the block fails; an interruption is no failure.

    Args:
        scenarios: Those that are to run.
        options: With a pattern, only the scenarios' stacks are deployed; without one, all there are.
        narrator: Told how it goes.
        context: More CDK context for the deployment.
    """
    vendors = tuple(dict.fromkeys(vendor for scenario in scenarios for vendor in scenario.vendors))
    intakes = {vendor: Intake(vendor.contract, FaultPlan(options.seed)) for vendor in vendors}
    settings = {name: value for scenario in scenarios for name, value in scenario.settings.items()}
    settings |= context or {}
    stacks = [name for scenario in scenarios for name in scenario.patterns] if options.pattern else []
    with _folder(narrator) as folder, ExitStack() as running:
        state = State(folder)
        for vendor, intake in intakes.items():
            settings[vendor.setting] = running.enter_context(serve(intake.receive)) + vendor.contract.path
            narrator.step(f"a stand-in for the {vendor.name} listens on {settings[vendor.setting]}")
        narrator.step("starting an AWS account on this machine")
        started = server_process.start(state, port=options.port, engine=options.engine)
        running.callback(server_process.end, started, state)
        deployment.deploy(
            started.server,
            state,
            Deployment(stacks=stacks, context=settings),
            lambda text: narrator.step(f"CDK CLI: {text}"),
        )
        account = Account.of(started.server.endpoint, state)
        for vendor, intake in intakes.items():
            intake.secret = _secret(account, vendor)
        state.write_environment(started.server.endpoint)
        yield Stage(account, state.environment, intakes)


@contextmanager
def _folder(narrator: Narrator) -> Generator[Path]:
    """The account's folder, removed once the account has ended, unless there is a failure to look into."""
    folder = Path(tempfile.mkdtemp(prefix="pinpoint-demo-"))
    try:
        yield folder
    except Exception:
        narrator.step(f"the logs are kept in {folder}")
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _secret(account: Account, vendor: Vendor) -> str:
    arn = account.output(*vendor.secret)
    value: str = account.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    return value
