"""A channel of one's own: Pinpoint hands endpoints over, an adapter sends to them at the vendor's pace."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._dead_letters import WorkQueue
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._queue_worker import counted
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

if TYPE_CHECKING:
    from pinpoint_patterns.delivery_webhook import DeliveryWebhook

_CODE: Final = "patterns/custom_channel"
_SENDER_TIMEOUT: Final = Duration.seconds(60)
# The sender gives a message up by attempts and by age; the queue's own limit only catches a broken sender.
_MOST_RECEIVES: Final = 1000
_CHANNEL_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_ADAPTER_NAME: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class CustomChannel(Construct):
    """An accept function, an encrypted queue, a sender function around an adapter, and their dead letters.

    The accept function answers Pinpoint at once. The sender claims each message in a ledger before it sends,
    reports each end to the project as an `isv_channel.delivery` event, and puts what failed among the dead
    letters, with the reason.

    Args:
        project: Whose campaigns and journeys may use the channel.
        name: The channel's name in result events and metrics: lower case, up to 32 characters.
        adapter: `module:factory`; the factory gives an object with `send(message)` and `repeatable`.
        code: Folders below the Lambda source root that hold the adapter.
        layer: A layer that holds the adapter, for one that is not part of this package.
        environment: The adapter's settings; never a secret.
        max_concurrency: Sender functions at once, 2 to 1,000; each sends up to ten messages in parallel.
        max_attempts: Sends before a message counts as failed, 1 to 50: the default spans about 20 minutes.
            Being asked for patience (429) or not reaching the vendor is no attempt.
        give_up_after: How long a message may wait in the queue, up to 6 hours.
        encryption_key: A key for queues and ledger; the services' own by default.

    Raises:
        ValueError: A name or a number is outside of what is allowed.

    See https://docs.aws.amazon.com/pinpoint/latest/developerguide/channels-custom-create.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        name: str,
        adapter: str,
        code: Sequence[str] = (),
        layer: lambda_.ILayerVersion | None = None,
        environment: Mapping[str, str] | None = None,
        max_concurrency: int = 10,
        max_attempts: int = 12,
        give_up_after: Duration | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        patience = give_up_after or Duration.hours(6)
        _check(name, adapter, max_concurrency, max_attempts, patience)
        self.name = name
        self._encryption_key = encryption_key
        self.queue = WorkQueue(
            self,
            "Messages",
            visibility_timeout=Duration.seconds(6 * _SENDER_TIMEOUT.to_seconds()),
            max_receives=_MOST_RECEIVES,
            encryption_key=encryption_key,
        )
        self.dead_letters = self.queue.dead_letters
        self.ledger = state_table(self, "Ledger", encryption_key=encryption_key)
        self.accept = self._accept(project)
        settings = {
            "CHANNEL": name,
            "ADAPTER": adapter,
            "MAX_ATTEMPTS": str(max_attempts),
            "GIVE_UP_AFTER_SECONDS": str(patience.to_seconds()),
            **(environment or {}),
        }
        self.sender = self._sender(project, [_CODE, *code], layer, settings)
        self.sender.consume_queue(self.queue.queue, batch_size=10, max_concurrency=max_concurrency)
        self.unknown_alarm = self._unknown_alarm()
        self.age_alarm = self._age_alarm()

    @classmethod
    def from_adapter(
        cls,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        name: str,
        adapter: str,
        layer: lambda_.ILayerVersion,
        environment: Mapping[str, str] | None = None,
    ) -> "CustomChannel":
        """A channel around an adapter of one's own, that comes in a layer.

        Args:
            project: Whose campaigns and journeys may use the channel.
            name: The channel's name in result events and metrics.
            adapter: `module:factory`, a module of the layer.
            layer: The layer, with what the adapter imports.
            environment: The adapter's settings; never a secret.
        """
        return CustomChannel(
            scope,
            construct_id,
            project=project,
            name=name,
            adapter=adapter,
            layer=layer,
            environment=environment,
        )

    @property
    def delivery_uri(self) -> str:
        """What `CustomDeliveryConfiguration.DeliveryUri` takes: the ARN of the accept function."""
        return self.accept.function.function_arn

    def webhook_delivery(
        self,
        *,
        secret: secretsmanager.ISecret | None = None,
        rate_limit: int = 50,
        burst_limit: int = 100,
        set_logging_role: bool = False,
    ) -> "DeliveryWebhook":
        """An https address beside the accept function, for a `DeliveryUri` that is a webhook; made once.

        Args:
            secret: The end of the path, of letters and digits; a new one by default.
            rate_limit: Requests a second; a request holds up to 50 endpoints.
            burst_limit: Requests at once.
            set_logging_role: Whether to set the Region's API Gateway logging role, which access logs need
                once in an account.
        """
        # Imported here: channels without it need no API.
        from pinpoint_patterns.delivery_webhook import DeliveryWebhook

        return DeliveryWebhook(
            self,
            "DeliveryWebhook",
            queue=self.queue.queue,
            channel_name=self.name,
            secret=secret,
            rate_limit=rate_limit,
            burst_limit=burst_limit,
            set_logging_role=set_logging_role,
            encryption_key=self._encryption_key,
        )

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people. The ledger has digests, for 30 days."""
        return [PersonalStore.dead_letters(f"{self.node.path}: dead letters", self.dead_letters.queue)]

    def grant_read_results(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody look up how messages ended, by message key."""
        return self.ledger.grant(grantee, "dynamodb:GetItem")

    def metric_delivered(self) -> cloudwatch.Metric:
        """Messages that the vendor took, the sum of five minutes."""
        return self._metric("Delivered")

    def metric_failed(self) -> cloudwatch.Metric:
        """Messages that surely reached nobody, the sum of five minutes."""
        return self._metric("Failed")

    def metric_unknown(self) -> cloudwatch.Metric:
        """Messages whose answer was lost, the sum of five minutes."""
        return self._metric("Unknown")

    def metric_postponed(self) -> cloudwatch.Metric:
        """Sends that were put off, the sum of five minutes."""
        return self._metric("Postponed")

    def _accept(self, project: IPinpointProject) -> PatternFunction:
        accept = PatternFunction(
            self,
            "Accept",
            handler="patterns.custom_channel.handler.handler",
            code=[_CODE],
            description=f"Takes endpoints for the channel {self.name} from Pinpoint",
            # Pinpoint gives up after 15 seconds, and repeats.
            timeout=Duration.seconds(14),
            environment={"QUEUE_URL": self.queue.queue.queue_url},
        )
        self.queue.queue.grant_send_messages(accept.function)
        project.grant_invoke(accept.function)
        return accept

    def _sender(
        self,
        project: IPinpointProject,
        code: Sequence[str],
        layer: lambda_.ILayerVersion | None,
        settings: Mapping[str, str],
    ) -> PatternFunction:
        sender = PatternFunction(
            self,
            "Sender",
            handler="patterns.custom_channel.sender.handler",
            code=code,
            description=f"Sends the messages of the channel {self.name}",
            timeout=_SENDER_TIMEOUT,
            environment={
                "LEDGER_TABLE": self.ledger.table_name,
                # Longer than the function may run, shorter than its message stays hidden.
                "LEASE_SECONDS": str(_SENDER_TIMEOUT.to_seconds() * 3 // 2),
                "QUEUE_URL": self.queue.queue.queue_url,
                "DEAD_LETTERS_URL": self.dead_letters.queue.queue_url,
                **settings,
            },
            layer=layer,
        )
        self.ledger.grant(sender.function, "dynamodb:UpdateItem")
        self.dead_letters.queue.grant_send_messages(sender.function)
        project.grant(sender.function, "PutEvents")
        return sender

    def _metric(self, metric_name: str) -> cloudwatch.Metric:
        return counted(metric_name, {"Channel": self.name})

    def _unknown_alarm(self) -> cloudwatch.Alarm:
        return alarm(
            self,
            "UnknownAlarm",
            self.metric_unknown(),
            "A vendor's answer was lost: nobody knows whether a message went out.",
        )

    def _age_alarm(self) -> cloudwatch.Alarm:
        return alarm(
            self,
            "AgeAlarm",
            self.queue.queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(5)),
            "Messages wait for an hour: the vendor is down, or slower than the campaigns.",
            threshold=Duration.hours(1).to_seconds(),
        )


def _check(name: str, adapter: str, max_concurrency: int, max_attempts: int, give_up_after: Duration) -> None:
    if not _CHANNEL_NAME.fullmatch(name):
        raise ValueError(f"name must be lower case letters, digits, _ and -, up to 32, got {name!r}")
    if not _ADAPTER_NAME.fullmatch(adapter):
        raise ValueError(f"adapter must be module:factory, got {adapter!r}")
    for what, value, lowest, highest in (
        ("max_concurrency", max_concurrency, 2, 1000),
        ("max_attempts", max_attempts, 1, 50),
    ):
        if not Token.is_unresolved(value) and not lowest <= value <= highest:
            raise ValueError(f"{what} must be {lowest} to {highest}, got {value}")
    if not 60 <= give_up_after.to_seconds() <= Duration.hours(6).to_seconds():
        raise ValueError(f"give_up_after must be 1 minute to 6 hours, got {give_up_after.to_human_string()}")
