"""Messages on request: what producers put into a queue is sent by the Pinpoint API, and told on a bus."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from aws_cdk import Duration, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._bucket import private_bucket
from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._findings import acknowledge_wildcard
from pinpoint_patterns._queue_worker import QueueWorker, counted
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

MessageChannel: TypeAlias = Literal["EMAIL", "SMS", "VOICE"]

RECIPIENTS: Final = "recipients/"
_CHANNELS: Final = ("EMAIL", "SMS", "VOICE")
_TIMEOUT: Final = Duration.minutes(5)
# Gathered, so that requests of one recipient fill calls of a hundred.
_BATCH: Final = 1_000


class MessageSender(Construct):
    """A queue of message requests, the function that sends them, and their dead letters.

    Recipients of all requests with the same content share calls of 100. Each is claimed in a ledger before a
    call and settled after it; each one's result is an event `Message Result` of the source
    `pinpoint-patterns.send-message` on the bus, without the plain address. A request that cannot be read
    waits among the dead letters, with the reason.

    Args:
        project: In whose name is sent, and whose endpoints and users may be named.
        channels: What may be asked for; e-mail, SMS and voice by default.
        push: Whether requests may name the channel `PUSH` as well. The hosted engine serves no push.
        event_bus: Where results go; the account's default bus if none is given.
        bucket: Where files of recipients are put, below `recipients/`; a new one by default.
        retention: How long files of recipients are kept in the new bucket.
        access_logs: A bucket for the new bucket's access logs; none by default.
        give_up_after: How long a recipient may be throttled or out of reach, 1 minute to 6 hours.
        max_attempts: Sends before a recipient with temporary failures counts as failed, 1 to 50. Being
            throttled is no attempt.
        max_concurrency: Sender functions at once, 2 to 1,000; each makes up to four calls at a time.
        gather: How long requests are gathered to fill calls, up to 5 minutes; the most that a message waits.
        encryption_key: A key for queues, ledger and bucket; the services' own by default.

    Raises:
        ValueError: A channel or a number is outside of what is allowed.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-messages.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        channels: Sequence[MessageChannel] | None = None,
        push: bool = False,
        event_bus: events.IEventBus | None = None,
        bucket: s3.IBucket | None = None,
        retention: Duration | None = None,
        access_logs: s3.IBucket | None = None,
        give_up_after: Duration | None = None,
        max_attempts: int = 8,
        max_concurrency: int = 10,
        gather: Duration | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        patience = give_up_after or Duration.hours(6)
        enabled = _CHANNELS if channels is None else tuple(channels)
        _check(enabled, push, patience, max_attempts, max_concurrency)
        self.project = project
        self.encryption_key = encryption_key
        self.event_bus = event_bus or events.EventBus.from_event_bus_name(self, "DefaultBus", "default")
        self.bucket = bucket or self._bucket(retention or Duration.days(14), access_logs)
        self.ledger = state_table(self, "Ledger", encryption_key=encryption_key)
        self.requests = QueueWorker(
            self,
            "Requests",
            handler="patterns.send_message.handler.handler",
            code=["patterns/send_message"],
            description="Sends messages on request by the Pinpoint API",
            timeout=_TIMEOUT,
            memory_size=1_024,
            batch_size=_BATCH,
            max_batching_window=gather or Duration.seconds(2),
            max_concurrency=max_concurrency,
            environment={
                "APPLICATION_ID": project.application_id,
                "BUCKET": self.bucket.bucket_name,
                "BUDGET_SECONDS": str(_TIMEOUT.to_seconds() * 3 // 5),
                "CHANNELS": ",".join([*enabled, *(["PUSH"] if push else [])]),
                "EVENT_BUS": self.event_bus.event_bus_arn,
                "GIVE_UP_AFTER_SECONDS": str(patience.to_seconds()),
                # Longer than the function may run, shorter than its message stays hidden.
                "LEASE_SECONDS": str(_TIMEOUT.to_seconds() * 3 // 2),
                "LEDGER_TABLE": self.ledger.table_name,
                "MAX_ATTEMPTS": str(max_attempts),
            },
            encryption_key=encryption_key,
        )
        self.queue = self.requests.queue
        self.dead_letters = self.requests.dead_letters
        self.function = self.requests.function
        self._grant_worker()
        self.unknown_alarm = alarm(
            self,
            "UnknownAlarm",
            self.metric_unknown(),
            "An answer was lost: nobody knows whether a message went out, and it is not sent again.",
        )

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer ask for messages."""
        return self.requests.grant_send(grantee)

    def grant_upload(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer put files of recipients into the bucket, and nothing else with them."""
        files = self.bucket.arn_for_objects(f"{RECIPIENTS}*")
        grant = iam.Grant.add_to_principal(
            grantee=grantee, actions=["s3:PutObject"], resource_arns=[files], scope=self
        )
        if self.bucket.encryption_key:
            self.bucket.encryption_key.grant(grantee, "kms:GenerateDataKey", "kms:Decrypt")
        role = grantee.grant_principal
        if isinstance(role, Construct) and Stack.of(role) is Stack.of(self):
            acknowledge_wildcard(
                role, files, "Files are named by producers; the wildcard stays below one prefix."
            )
        return grant

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people. The ledger has digests, for 30 days."""
        return [
            PersonalStore.dead_letters(f"{self.node.path}: dead letters", self.dead_letters),
            PersonalStore.lines(f"{self.bucket.node.path}: recipients", self.bucket, prefix=RECIPIENTS),
        ]

    def metric_sent(self) -> cloudwatch.Metric:
        """Recipients whose message was taken, the sum of five minutes."""
        return _counted("Sent")

    def metric_failed(self) -> cloudwatch.Metric:
        """Recipients who surely got nothing, the sum of five minutes."""
        return _counted("Failed")

    def metric_left_out(self) -> cloudwatch.Metric:
        """Recipients who must not be sent to: opted out, inactive, named twice; the sum of five minutes."""
        return _counted("LeftOut")

    def metric_unknown(self) -> cloudwatch.Metric:
        """Recipients for whom the answer was lost, the sum of five minutes."""
        return _counted("Unknown")

    def metric_postponed(self) -> cloudwatch.Metric:
        """Recipients who were put off, each time, the sum of five minutes."""
        return _counted("Postponed")

    def metric_calls(self) -> cloudwatch.Metric:
        """Calls of SendMessages, the sum of five minutes."""
        return _counted("Calls")

    def _bucket(self, retention: Duration, access_logs: s3.IBucket | None) -> s3.Bucket:
        bucket = private_bucket(
            self,
            "Recipients",
            encryption_key=self.encryption_key,
            access_logs=access_logs,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=retention,
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )
        if access_logs is None:
            acknowledge(
                bucket,
                "AwsSolutions-S1",
                "Access logs need a bucket that outlives this stack: `access_logs` takes the account's own.",
            )
        return bucket

    def _grant_worker(self) -> None:
        worker = self.function
        self.project.grant(worker, "SendMessages", "GetEndpoint", "GetUserEndpoints")
        self.ledger.grant(worker, "dynamodb:PutItem", "dynamodb:UpdateItem")
        self.queue.grant_send_messages(worker)
        self.event_bus.grant_put_events_to(worker)
        files = self.bucket.arn_for_objects(f"{RECIPIENTS}*")
        worker.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:GetObject", "s3:GetObjectVersion"], resources=[files])
        )
        if self.bucket.encryption_key:
            self.bucket.encryption_key.grant(worker, "kms:Decrypt")
        acknowledge_wildcard(
            self.requests.worker.role,
            files,
            "Files are named by producers; the wildcard stays below one prefix.",
        )


def _counted(name: str) -> cloudwatch.Metric:
    return counted(name, {"Pattern": "SendMessage"})


def _check(
    channels: Sequence[str], push: bool, patience: Duration, max_attempts: int, max_concurrency: int
) -> None:
    unknown = [channel for channel in channels if channel not in _CHANNELS]
    if unknown:
        raise ValueError(
            f"channels may be {', '.join(_CHANNELS)}, got {unknown[0]!r}: for push say push=True"
        )
    if not channels and not push:
        raise ValueError("channels is empty: nothing could be sent")
    if not 60 <= patience.to_seconds() <= Duration.hours(6).to_seconds():
        raise ValueError(f"give_up_after must be 1 minute to 6 hours, got {patience.to_human_string()}")
    for what, value, lowest, highest in (
        ("max_concurrency", max_concurrency, 2, 1000),
        ("max_attempts", max_attempts, 1, 50),
    ):
        if not Token.is_unresolved(value) and not lowest <= value <= highest:
            raise ValueError(f"{what} must be {lowest} to {highest}, got {value}")
