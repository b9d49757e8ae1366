"""How a stream's records come into S3: gathered, partitioned by what is in them, compressed."""

import json
from typing import Final

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._event_table import EVENT_TYPES, OTHER, PARTITIONS
from pinpoint_patterns._findings import acknowledge_wildcard

EVENTS: Final = "events/"
ERRORS: Final = "errors/"

# Firehose's own least for dynamic partitioning; more would only make rarer files.
_BUFFER_MIB: Final = 64


class EventDelivery(Construct):
    """A Firehose stream from a Kinesis stream to `events/` of a bucket; what is no event goes to `errors/`.

    Args:
        stream: Where the records come from.
        stream_key: Its key, if it has one of its own.
        bucket: Where they go.
        bucket_key: Its key, if it has one of its own.
        buffering: How long records are gathered into one file.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stream: kinesis.IStream,
        stream_key: kms.IKey | None,
        bucket: s3.IBucket,
        bucket_key: kms.IKey | None,
        buffering: Duration,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self._log_stream = logs.LogStream(
            self, "LogStream", log_group=self.log_group, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(
            self,
            "Role",
            description="Lets Firehose write one event stream to one bucket",
            # Firehose gives the account's number when it assumes a role.
            assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"),
            external_ids=[Stack.of(self).account],
        )
        policy = self._policy(stream, stream_key, bucket, bucket_key)
        self.resource = firehose.CfnDeliveryStream(
            self,
            "Resource",
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=(
                firehose.CfnDeliveryStream.KinesisStreamSourceConfigurationProperty(
                    kinesis_stream_arn=stream.stream_arn, role_arn=self.role.role_arn
                )
            ),
            extended_s3_destination_configuration=self._destination(bucket, bucket_key, buffering),
        )
        self.resource.node.add_dependency(policy)
        acknowledge(
            self.resource,
            "AwsSolutions-KDF1",
            "Its source is a Kinesis stream, whose own encryption covers what Firehose holds.",
        )

    @property
    def stream_name(self) -> str:
        """The Firehose stream's name."""
        return self.resource.ref

    def _destination(
        self, bucket: s3.IBucket, bucket_key: kms.IKey | None, buffering: Duration
    ) -> firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty:
        return firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=bucket.bucket_arn,
            role_arn=self.role.role_arn,
            prefix=_prefix(),
            error_output_prefix=f"{ERRORS}!{{firehose:error-output-type}}/!{{timestamp:yyyy-MM-dd}}/",
            compression_format="GZIP",
            file_extension=".json.gz",
            buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                size_in_m_bs=_BUFFER_MIB, interval_in_seconds=int(buffering.to_seconds())
            ),
            encryption_configuration=_encryption(bucket_key),
            dynamic_partitioning_configuration=(
                firehose.CfnDeliveryStream.DynamicPartitioningConfigurationProperty(
                    enabled=True,
                    retry_options=firehose.CfnDeliveryStream.RetryOptionsProperty(duration_in_seconds=300),
                )
            ),
            processing_configuration=firehose.CfnDeliveryStream.ProcessingConfigurationProperty(
                enabled=True, processors=_processors()
            ),
            cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                enabled=True,
                log_group_name=self.log_group.log_group_name,
                log_stream_name=self._log_stream.log_stream_name,
            ),
        )

    def _policy(
        self,
        stream: kinesis.IStream,
        stream_key: kms.IKey | None,
        bucket: s3.IBucket,
        bucket_key: kms.IKey | None,
    ) -> iam.Policy:
        written = [bucket.arn_for_objects(f"{prefix}*") for prefix in (EVENTS, ERRORS)]
        statements = {
            (
                "kinesis:DescribeStream",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ): [stream.stream_arn],
            ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"): written,
            ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"): [bucket.bucket_arn],
            ("logs:PutLogEvents",): [self._log_stream_arn()],
        }
        if stream_key:
            statements[("kms:Decrypt",)] = [stream_key.key_arn]
        if bucket_key:
            statements[("kms:Decrypt", "kms:GenerateDataKey")] = [bucket_key.key_arn]
        policy = iam.Policy(
            self,
            "Deliver",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=list(actions), resources=arns)
                for actions, arns in statements.items()
            ],
        )
        for arn in written:
            acknowledge_wildcard(
                policy,
                arn,
                "A file is named when it is written; the wildcard stays below one prefix.",
            )
        return policy

    def _log_stream_arn(self) -> str:
        # The group's own ARN ends with a wildcard.
        return Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{self.log_group.log_group_name}:log-stream:{self._log_stream.log_stream_name}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )


def _encryption(
    key: kms.IKey | None,
) -> firehose.CfnDeliveryStream.EncryptionConfigurationProperty | None:
    if key is None:
        return None
    return firehose.CfnDeliveryStream.EncryptionConfigurationProperty(
        kms_encryption_config=firehose.CfnDeliveryStream.KMSEncryptionConfigProperty(
            awskms_key_arn=key.key_arn
        )
    )


def _prefix() -> str:
    folders = "/".join(f"{name}=!{{partitionKeyFromQuery:{name}}}" for name in PARTITIONS)
    # To a prefix without a moment Firehose appends folders of year, month, day and hour.
    return f"{EVENTS}{folders}/!{{timestamp:HH}}-"


def _processors() -> list[firehose.CfnDeliveryStream.ProcessorProperty]:
    return [
        _processor(
            "MetadataExtraction", MetadataExtractionQuery=partition_keys(), JsonParsingEngine="JQ-1.6"
        ),
        # Without it the records of a file would stand on one line.
        _processor("AppendDelimiterToRecord", Delimiter="\\n"),
    ]


def _processor(kind: str, **parameters: str) -> firehose.CfnDeliveryStream.ProcessorProperty:
    return firehose.CfnDeliveryStream.ProcessorProperty(
        type=kind,
        parameters=[
            firehose.CfnDeliveryStream.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
            for name, value in parameters.items()
        ],
    )


def partition_keys() -> str:
    """The jq program that finds a record's partition; where a key comes out null, it is no event.

    An app may name its events as it likes, and Firehose keeps 500 partitions apart: such types share one.
    The day is that of arrival: the other timestamp of an e-mail event is when the message was sent.
    """
    keys = {
        "application_id": ".application.app_id",
        "event_type": (
            f".event_type as $type | if {json.dumps(EVENT_TYPES)} | index($type) then $type "
            f'elif ($type | type) == "string" then "{OTHER}" else null end'
        ),
        "day": '(.arrival_timestamp // .event_timestamp) / 1000 | strftime("%Y-%m-%d")',
    }
    return "{" + ", ".join(f"{name}: ({keys[name]})" for name in PARTITIONS) + "}"
