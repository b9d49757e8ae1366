"""Everything that has to run before the first row: two vendors, an AWS account, all stacks in it."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded import deployment, server_process
from embedded.demo.account import Account
from embedded.demo.options import FREQUENCY_CAP, Options
from embedded.demo.report import Narrator
from embedded.deployment import Deployment
from embedded.state import State
from embedded.vendors import cdp, message_api
from embedded.vendors.intake import Intake
from embedded.vendors.server import serve


@dataclass(frozen=True)
class Stage:
    """What runs.

    Args:
        account: The AWS account with all stacks.
        environment: A file to source for programs that are to speak to it.
        messages: The ISV's message API.
        callbacks: The customer data platform.
    """

    account: Account
    environment: Path
    messages: Intake
    callbacks: Intake


@contextmanager
def stage(options: Options, narrator: Narrator) -> Generator[Stage]:
    """Starts everything, and ends everything when the block is left, however it is left.

    The logs are kept when the block is left by an exception.
    """
    setup = options.setup
    messages = message_api.message_api(setup.messages)
    callbacks = cdp.cdp(setup.callbacks)
    state = State(Path(tempfile.mkdtemp(prefix="pinpoint-demo-")))
    with ExitStack() as running:
        message_url = running.enter_context(serve(messages.receive)) + message_api.PATH
        callback_url = running.enter_context(serve(callbacks.receive)) + cdp.PATH
        narrator.step(f"two vendors listen on this machine: {message_url} and {callback_url}")
        narrator.step("starting an AWS account on this machine")
        started = server_process.start(state, port=options.port, engine=options.engine)
        running.callback(server_process.end, started, state)
        try:
            context = {
                "webhook_url": message_url,
                "webhook_idempotency": str(options.idempotency).lower(),
                "callback_url": callback_url,
                "frequency_cap": str(FREQUENCY_CAP),
            }
            deployment.deploy(
                started.server,
                state,
                Deployment(context=context),
                lambda text: narrator.step(f"CDK CLI: {text}"),
            )
            account = Account.of(started.server.endpoint, state)
            messages.secret = _secret(account, "CustomChannels", "WebhookSecretArn")
            callbacks.secret = _secret(account, "EngagementEvents", "CallbackSecretArn")
            state.write_environment(started.server.endpoint)
            yield Stage(account, state.environment, messages, callbacks)
        except Exception:
            narrator.step(f"the logs are kept in {state.folder}")
            raise
        shutil.rmtree(state.folder, ignore_errors=True)


def _secret(account: Account, stack: str, output: str) -> str:
    arn = account.output(stack, output)
    value: str = account.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    return value
