"""A project's events in S3, for as long as they are wanted, and the questions that Athena answers of them."""

from typing import Final

from aws_cdk import Duration, Names, Stack, Token
from aws_cdk import aws_athena as athena
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._bucket import expires, private_bucket
from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._event_delivery import ERRORS, EVENTS, EventDelivery
from pinpoint_patterns._event_queries import QUERIES, SavedQuery
from pinpoint_patterns._event_table import TABLE, EventTable
from pinpoint_patterns.personal_store import PersonalStore

RESULTS: Final = "query-results/"

_LONGEST_BUFFERING: Final = 900
_SHORTEST_BUFFERING: Final = 60
# S3 takes nothing into Infrequent Access before.
_STANDARD_DAYS: Final = 30
_SCRATCH: Final = Duration.days(30)
_MOST_SCANNED: Final = 100 * 1024**3
_PERIOD: Final = Duration.minutes(5)


class EventArchive(Construct):
    """Writes an event stream to S3 as gzip'd JSON lines, with a table over them and saved queries.

    | prefix | holds | kept for |
    |---|---|---|
    | `events/application_id=/event_type=/day=/` | the events as they were streamed | `retention` |
    | `errors/` | records that are no event, as Firehose reports them | 30 days |
    | `query-results/` | what Athena answered | 30 days |

    The events move to Infrequent Access after 30 days. In a bucket of one's own, how long what is kept is
    for its owner to say.

    Args:
        stream: What is archived.
        stream_key: The stream's key, if it has one of its own.
        application_id: Whose events the saved queries are about.
        bucket: An existing bucket; a new one, private, encrypted and kept, by default.
        encryption_key: The bucket's key; encryption with S3's own key by default.
        retention: How long events are kept and looked for, more than 30 days; a year by default.
        buffering: How long events are gathered into one file, 1 to 15 minutes; 5 by default.
        access_logs: A bucket for S3's access logs; none by default.

    Raises:
        ValueError: The retention or the buffering is outside of its range.

    See https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stream: kinesis.IStream,
        stream_key: kms.IKey | None = None,
        application_id: str,
        bucket: s3.IBucket | None = None,
        encryption_key: kms.IKey | None = None,
        retention: Duration | None = None,
        buffering: Duration | None = None,
        access_logs: s3.IBucket | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        retention = retention or Duration.days(365)
        buffering = buffering or Duration.minutes(5)
        _check(retention, buffering)
        self.encryption_key = encryption_key
        self._application_id = application_id
        self.bucket = bucket or self._bucket(retention, access_logs)
        self.delivery = EventDelivery(
            self,
            "Delivery",
            stream=stream,
            stream_key=stream_key,
            bucket=self.bucket,
            bucket_key=encryption_key,
            buffering=buffering,
        )
        name = Names.unique_resource_name(self, max_length=120, separator="_").lower()
        self.events = EventTable(
            self,
            "Events",
            location=self.bucket.s3_url_for_object(EVENTS),
            days=_days(retention),
            database_name=name,
        )
        self.workgroup = self._workgroup(name)
        self.queries = {query.name: self._query(query, application_id) for query in QUERIES}
        self.lag_alarm = alarm(
            self,
            "LagAlarm",
            self.metric_lag(),
            "Events are written to the archive late: the stream may expire before they are.",
            threshold=Duration.hours(12).to_seconds(),
        )
        self.partitions_alarm = alarm(
            self,
            "PartitionsAlarm",
            self._metric("ActivePartitionsLimitExceeded"),
            "Events of more applications, types and days came at once than Firehose keeps apart.",
        )

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people, for a year by default. Records that were no events are kept for 30 days."""
        folder = f"{EVENTS}application_id={self._application_id}/"
        return [
            PersonalStore.lines(
                f"{self.bucket.node.path}: events", self.bucket, prefix=EVENTS, folder=folder
            ),
        ]

    @property
    def database_name(self) -> str:
        """Glue's name of the database."""
        return self.events.database.ref

    @property
    def table_name(self) -> str:
        """Glue's name of the table in it."""
        return self.events.table.ref

    @property
    def workgroup_name(self) -> str:
        """Athena's name of the workgroup that holds the saved queries."""
        return self.workgroup.ref

    def grant_query(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody ask the archive through its workgroup."""
        stack = Stack.of(self)
        statements = {
            (
                "athena:BatchGetNamedQuery",
                "athena:GetNamedQuery",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:ListNamedQueries",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ): [self._workgroup_arn()],
            ("glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"): [
                stack.format_arn(service="glue", resource="catalog"),
                stack.format_arn(service="glue", resource="database", resource_name=self.database_name),
                stack.format_arn(
                    service="glue", resource="table", resource_name=f"{self.database_name}/{TABLE}"
                ),
            ],
            ("s3:GetBucketLocation", "s3:ListBucket"): [self.bucket.bucket_arn],
            ("s3:GetObject",): [self.bucket.arn_for_objects(f"{EVENTS}*")],
            ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"): [
                self.bucket.arn_for_objects(f"{RESULTS}*")
            ],
        }
        if self.encryption_key:
            statements[("kms:Decrypt", "kms:GenerateDataKey")] = [self.encryption_key.key_arn]
        grants = [
            iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=arns)
            for actions, arns in statements.items()
        ]
        first, *others = grants
        for grant in others:
            first = first.combine(grant)
        return first

    def metric_lag(self) -> cloudwatch.Metric:
        """The age of the oldest event that is not in S3 yet, seconds, the maximum of five minutes."""
        return self._metric("DeliveryToS3.DataFreshness", statistic="Maximum")

    def metric_archived(self) -> cloudwatch.Metric:
        """Events written to S3, the sum of five minutes."""
        return self._metric("DeliveryToS3.Records")

    def _metric(self, name: str, *, statistic: str = "Sum") -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name=name,
            dimensions_map={"DeliveryStreamName": self.delivery.stream_name},
            statistic=statistic,
            period=_PERIOD,
        )

    def _bucket(self, retention: Duration, access_logs: s3.IBucket | None) -> s3.Bucket:
        bucket = private_bucket(
            self,
            "Bucket",
            encryption_key=self.encryption_key,
            access_logs=access_logs,
            lifecycle_rules=[
                expires(
                    "Events",
                    EVENTS,
                    retention,
                    s3.Transition(
                        storage_class=s3.StorageClass.INFREQUENT_ACCESS,
                        transition_after=Duration.days(_STANDARD_DAYS),
                    ),
                ),
                expires("Errors", ERRORS, _SCRATCH),
                expires("QueryResults", RESULTS, _SCRATCH),
            ],
        )
        if access_logs is None:
            acknowledge(
                bucket,
                "AwsSolutions-S1",
                "Access logs need a bucket that outlives this stack: `access_logs` takes the account's own.",
            )
        return bucket

    def _workgroup(self, name: str) -> athena.CfnWorkGroup:
        key = self.encryption_key
        return athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=name,
            description="Asks the archived events of a Pinpoint project",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=_MOST_SCANNED,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=self.bucket.s3_url_for_object(RESULTS),
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS" if key else "SSE_S3", kms_key=key.key_arn if key else None
                    ),
                ),
            ),
        )

    def _query(self, query: SavedQuery, application_id: str) -> athena.CfnNamedQuery:
        return athena.CfnNamedQuery(
            self,
            query.name,
            name=query.name,
            description=query.description,
            database=self.database_name,
            work_group=self.workgroup_name,
            query_string=query.sql(table=TABLE, application_id=application_id),
        )

    def _workgroup_arn(self) -> str:
        return Stack.of(self).format_arn(
            service="athena", resource="workgroup", resource_name=self.workgroup_name
        )


def _days(retention: Duration) -> int:
    return int(retention.to_days())


def _check(retention: Duration, buffering: Duration) -> None:
    if not Token.is_unresolved(retention) and _days(retention) <= _STANDARD_DAYS:
        raise ValueError(
            f"retention must be more than {_STANDARD_DAYS} days, got {_days(retention)}: "
            "before, S3 takes nothing into Infrequent Access"
        )
    seconds = buffering.to_seconds()
    if not _SHORTEST_BUFFERING <= seconds <= _LONGEST_BUFFERING:
        raise ValueError(
            f"buffering must be 1 to 15 minutes, got {seconds:g} seconds: pass a Duration in that range"
        )
