"""The events of a Pinpoint project on a Kinesis stream, and those who read them."""

from typing import Final, cast

from aws_cdk import Duration, RemovalPolicy, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._dead_letters import DeadLetterQueue, acknowledge
from pinpoint_patterns._findings import acknowledge_end_of_service
from pinpoint_patterns.event_archive import EventArchive
from pinpoint_patterns.project import IPinpointProject

_RETENTION_HOURS: Final = (24, 8760)


class EventStream(Construct):
    """A Kinesis stream that receives a Pinpoint project's events, and its consumers.

    The role that writes to it can be taken on by Pinpoint alone, and only for this project.

    Args:
        project: Whose events; a project has one event stream.
        stream: An existing stream. A new one, on demand and encrypted, by default.
        encryption_key: The key of the stream. Give the key of an existing stream too, if it has one.
        retention: How long a consumer may be down without loss, 24 hours to 365 days; new streams only.

    Raises:
        ValueError: The retention is outside of what Kinesis offers, or was given with an existing stream.

    See https://docs.aws.amazon.com/pinpoint/latest/developerguide/event-streams.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        stream: kinesis.IStream | None = None,
        encryption_key: kms.IKey | None = None,
        retention: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.project = project
        _check_retention(stream, retention)
        self.encryption_key = encryption_key if stream else encryption_key or self._key()
        self.stream = stream or self._stream(retention or Duration.hours(24))
        self.role = iam.Role(
            self,
            "Role",
            description="Lets one Pinpoint project write its events to one stream",
            assumed_by=project.service_principal(),
        )
        policy = self._allow_writing()
        self.resource = pinpoint.CfnEventStream(
            self,
            "Resource",
            application_id=project.application_id,
            destination_stream_arn=self.stream.stream_arn,
            role_arn=self.role.role_arn,
        )
        acknowledge_end_of_service(self.resource)
        # The service writes a test record before it accepts the stream.
        self.resource.node.add_dependency(policy)

    def add_consumer(
        self,
        function: lambda_.IFunction,
        *,
        batch_size: int = 100,
        max_batching_window: Duration | None = None,
        retry_attempts: int = 5,
        max_record_age: Duration | None = None,
        parallelization_factor: int = 1,
        starting_position: lambda_.StartingPosition = lambda_.StartingPosition.TRIM_HORIZON,
    ) -> DeadLetterQueue:
        """Feed a function with the events, in batches.

        The function answers with the records that failed (partial batch response). What still fails
        after the retries, or grows too old, is named in the dead-letter queue that is returned; the
        rest goes on.

        Args:
            function: The consumer, idempotent: a record may come twice.
            batch_size: Records an invocation, 1 to 10,000.
            max_batching_window: How long a batch may be gathered.
            retry_attempts: Attempts after the first, 0 to 10,000.
            max_record_age: How old a record may get before it is given up, 60 seconds to 7 days; a day
                by default.
            parallelization_factor: Batches of one shard at a time, 1 to 10.
            starting_position: Where a new consumer begins.

        See https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-errors.html.
        """
        # Below the function: the stream's stack must not come to depend on each stack that reads it.
        consumers = function.node.try_find_child("PinpointEvents") or Construct(
            cast(Construct, function), "PinpointEvents"
        )
        place = Construct(cast(Construct, consumers), self.node.addr)
        dead_letters = DeadLetterQueue(place, "DeadLetters")
        function.add_event_source(
            event_sources.KinesisEventSource(
                self.stream,
                starting_position=starting_position,
                batch_size=batch_size,
                max_batching_window=max_batching_window,
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                retry_attempts=retry_attempts,
                max_record_age=max_record_age or Duration.days(1),
                parallelization_factor=parallelization_factor,
                on_failure=event_sources.SqsDlq(dead_letters.queue),
            )
        )
        alarm(
            place,
            "IteratorAgeAlarm",
            self.metric_iterator_age(function),
            "A consumer of Pinpoint's events falls behind: records may expire unread.",
            # Half a day of the shortest retention is left to find out why.
            threshold=Duration.hours(12).to_milliseconds(),
        )
        return dead_letters

    def archive(
        self,
        bucket: s3.IBucket | None = None,
        *,
        encryption_key: kms.IKey | None = None,
        retention: Duration | None = None,
        buffering: Duration | None = None,
        access_logs: s3.IBucket | None = None,
    ) -> EventArchive:
        """Keep the events in S3, partitioned by application, type and day, and ask them with Athena.

        Args:
            bucket: An existing bucket; a new one, private, encrypted and kept, by default.
            encryption_key: The bucket's key; encryption with S3's own key by default.
            retention: How long events are kept and looked for, more than 30 days; a year by default.
            buffering: How long events are gathered into one file, 1 to 15 minutes; 5 by default.
            access_logs: A bucket for S3's access logs; none by default.

        Raises:
            ValueError: The retention or the buffering is outside of its range.

        See https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html.
        """
        return EventArchive(
            self,
            "Archive",
            stream=self.stream,
            stream_key=self.encryption_key,
            application_id=self.project.application_id,
            bucket=bucket,
            encryption_key=encryption_key,
            retention=retention,
            buffering=buffering,
            access_logs=access_logs,
        )

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody read the events."""
        return self.stream.grant_read(grantee)

    def metric_iterator_age(self, function: lambda_.IFunction) -> cloudwatch.Metric:
        """How far a consumer is behind, milliseconds, the maximum of five minutes."""
        return function.metric("IteratorAge", statistic="Maximum", period=Duration.minutes(5))

    def metric_incoming_records(self) -> cloudwatch.Metric:
        """Events that arrived, the sum of five minutes."""
        return cloudwatch.Metric(
            namespace="AWS/Kinesis",
            metric_name="IncomingRecords",
            dimensions_map={"StreamName": self.stream.stream_name},
            statistic="Sum",
            period=Duration.minutes(5),
        )

    def _stream(self, retention: Duration) -> kinesis.Stream:
        stream = kinesis.Stream(
            self,
            "Stream",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=self.encryption_key,
            retention_period=retention,
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            stream,
            "AwsSolutions-KDS3",
            "A key of its own is meant: its policy says who reads what people did.",
        )
        return stream

    def _key(self) -> kms.Key:
        return kms.Key(
            self,
            "Key",
            description="Encrypts the events of a Pinpoint project",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _allow_writing(self) -> iam.Policy:
        policy = iam.Policy(
            self,
            "Write",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    actions=["kinesis:PutRecords", "kinesis:DescribeStream"],
                    resources=[self.stream.stream_arn],
                )
            ],
        )
        if self.encryption_key:
            policy.add_statements(
                iam.PolicyStatement(actions=["kms:GenerateDataKey"], resources=[self.encryption_key.key_arn])
            )
        return policy


def _check_retention(stream: kinesis.IStream | None, retention: Duration | None) -> None:
    if retention is None:
        return
    if stream:
        raise ValueError("retention belongs to a new stream: set it where the given stream is made")
    if Token.is_unresolved(retention):
        return
    shortest, longest = _RETENTION_HOURS
    hours = retention.to_hours(integral=False)
    if not shortest <= hours <= longest:
        raise ValueError(
            f"retention must be 24 hours to 365 days, got {hours:g} hours: pass a Duration in that range"
        )
