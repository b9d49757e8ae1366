"""A bucket whose files become segments and endpoints of a Pinpoint project."""

from typing import Final, cast

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from pinpoint_patterns._bucket import expires, private_bucket
from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._file_imports import FileImports
from pinpoint_patterns._findings import acknowledge_wildcard
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject
from pinpoint_patterns.then_send import ThenSend

ACCEPTED: Final = "accepted/"
_PERSONAL: Final = ("segments/", "sends/", "endpoints/", "changes/", ACCEPTED, "quarantine/")


class ImportBucket(Construct):
    """A bucket for files of endpoints, and the role by which Pinpoint reads what was accepted.

    | prefix | holds | kept for |
    |---|---|---|
    | `segments/<name>/` | files as they were dropped in | `retention` |
    | `sends/<name>/` | the same, for segments that are sent to at once | `retention` |
    | `endpoints/` | the same, for endpoints only | `retention` |
    | `changes/` | what `AudienceSync` has put under `endpoints/`, change by change | `retention` |
    | `accepted/` | the rows that are imported | `retention` |
    | `quarantine/` | the rows that are not, with line number and reason | `quarantine_retention` |
    | `reports/` | one JSON object a file, counts only | as long as the bucket |

    Args:
        project: Where the endpoints go.
        bucket: An existing bucket, which has to send its events to EventBridge; a new one by default.
        encryption_key: The bucket's key; encryption with S3's own key by default.
        retention: How long files of endpoints are kept.
        quarantine_retention: How long refused rows are kept.
        access_logs: A bucket for S3's access logs; none by default.

    See https://docs.aws.amazon.com/pinpoint/latest/developerguide/permissions-import-segment.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        bucket: s3.IBucket | None = None,
        encryption_key: kms.IKey | None = None,
        retention: Duration | None = None,
        quarantine_retention: Duration | None = None,
        access_logs: s3.IBucket | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.project = project
        self.encryption_key = encryption_key
        self.bucket = bucket or self._bucket(
            retention=retention or Duration.days(90),
            quarantine_retention=quarantine_retention or Duration.days(30),
            access_logs=access_logs,
        )
        self.import_role = self._import_role()

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people. Reports have counts; ledgers have versions of files."""
        return [PersonalStore.imports(f"{self.bucket.node.path}: files", self.bucket, prefixes=_PERSONAL)]

    def imports_segments(
        self, *, topic: sns.ITopic | None = None, then_send: ThenSend | None = None
    ) -> FileImports:
        """Import each file put under `segments/<name>/` as a segment of that name.

        With `then_send` it is files under `sends/<name>/`, and a campaign to the segment starts as soon as
        it is there: who drops a file under `segments/` never sends. One bucket may have both.

        Args:
            topic: Who is told the counts; a new, encrypted topic by default.
            then_send: The campaign; none by default.
        """
        return FileImports(
            self,
            "Sends" if then_send else "Segments",
            project=self.project,
            prefix="sends/" if then_send else "segments/",
            bucket=self.bucket,
            import_role=self.import_role,
            topic=topic,
            then_send=then_send,
        )

    def imports_endpoints(self, *, topic: sns.ITopic | None = None) -> FileImports:
        """Import the endpoints of each file put under `endpoints/`, and make no segment of them.

        Every row says Address, ChannelType and OptOut.

        Args:
            topic: Who is told the counts; a new, encrypted topic by default.
        """
        return FileImports(
            self,
            "Endpoints",
            project=self.project,
            prefix="endpoints/",
            bucket=self.bucket,
            import_role=self.import_role,
            topic=topic,
        )

    def _bucket(
        self, *, retention: Duration, quarantine_retention: Duration, access_logs: s3.IBucket | None
    ) -> s3.Bucket:
        bucket = private_bucket(
            self,
            "Bucket",
            encryption_key=self.encryption_key,
            access_logs=access_logs,
            lifecycle_rules=[
                expires("Files", "segments/", retention),
                expires("Sends", "sends/", retention),
                expires("Endpoints", "endpoints/", retention),
                expires("Changes", "changes/", retention),
                expires("Accepted", ACCEPTED, retention),
                expires("Quarantine", "quarantine/", quarantine_retention),
            ],
        )
        # The property, and not `event_bridge_enabled`: that one sets it through a custom resource,
        # with a function of its own.
        cast(s3.CfnBucket, bucket.node.default_child).add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
        if access_logs is None:
            acknowledge(
                bucket,
                "AwsSolutions-S1",
                "Access logs need a bucket that outlives this stack: `access_logs` takes the account's own.",
            )
        return bucket

    def _import_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "ImportRole",
            description="Lets one Pinpoint project read the accepted rows of one bucket",
            assumed_by=self.project.service_principal(),
        )
        self.import_policy = iam.Policy(
            self,
            "Read",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["s3:GetObject"], resources=[self.bucket.arn_for_objects(f"{ACCEPTED}*")]
                ),
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[self.bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": f"{ACCEPTED}*"}},
                ),
            ],
        )
        if self.encryption_key:
            self.import_policy.add_statements(
                iam.PolicyStatement(actions=["kms:Decrypt"], resources=[self.encryption_key.key_arn])
            )
        acknowledge_wildcard(
            self.import_policy,
            self.bucket.arn_for_objects(f"{ACCEPTED}*"),
            "Which objects are accepted is known at run time; the wildcard stays below one prefix.",
        )
        return role
