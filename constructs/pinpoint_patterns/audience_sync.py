"""Users and endpoints as another system knows them, kept the same in a project."""

from typing import Final

from aws_cdk import Duration, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from pinpoint_patterns._file_imports import FileImports
from pinpoint_patterns._findings import acknowledge_wildcard
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._queue_worker import QueueWorker, counted
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.import_bucket import ImportBucket
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

_CODE: Final = "patterns/audience_sync"
_TIMEOUT: Final = Duration.minutes(3)
# Longer than the worker may run and a call of its may go on (29 s) after it: nobody else is at the endpoint.
_LEASE: Final = Duration.minutes(4)
# What UpdateEndpointsBatch takes.
_BATCH: Final = 100
_FILES: Final = "endpoints/audience-sync/*"
_CHANGES: Final = "changes/*"


class AudienceSync(Construct):
    """A queue of changes of users and endpoints, and the function that brings them to a project.

    Changes go a hundred a call, at a pace that all workers keep together; where too many wait, they go by
    file. No older change overwrites a newer one. What is refused waits among the dead letters with its
    reason, and costs nobody else anything.

    Args:
        project: Whose endpoints.
        import_bucket: Where files are imported; a new one by default.
        batches_per_second: Calls of UpdateEndpointsBatch, of all workers together. The service's quota is 2
            an account and Region; the engine takes more.
        deletions_per_second: Calls of DeleteEndpoint; the service's quota is 5.
        import_above: How many changes wait when they begin to go by file, at least 100.
        keep_deleted: How long it is remembered that an endpoint or a user was deleted. A change that is late
            by more brings it back.
        give_up_after: How long a change may wait that cannot be applied; longer than an import, 2 to 14 days.
        max_concurrency: Workers at once, 2 to 1,000.
        encryption_key: A key for queues, table and the new bucket; the services' own by default.

    Raises:
        ValueError: A number or a time is outside of what is allowed.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-endpoints.html and
    https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        import_bucket: ImportBucket | None = None,
        batches_per_second: int = 2,
        deletions_per_second: int = 5,
        import_above: int = 20_000,
        keep_deleted: Duration | None = None,
        give_up_after: Duration | None = None,
        max_concurrency: int = 5,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        patience = give_up_after or Duration.days(3)
        _check(batches_per_second, deletions_per_second, import_above, max_concurrency, patience)
        self.project = project
        self.import_bucket = import_bucket or ImportBucket(
            self, "Import", project=project, encryption_key=encryption_key
        )
        self.imports = _imports(self.import_bucket)
        self.state = state_table(self, "State", encryption_key=encryption_key)
        settings = {
            "STATE_TABLE": self.state.table_name,
            "IMPORT_BUCKET": self.import_bucket.bucket.bucket_name,
            "KEEP_DELETED_SECONDS": str((keep_deleted or Duration.days(90)).to_seconds()),
        }
        self.changes = QueueWorker(
            self,
            "Changes",
            handler="patterns.audience_sync.handler.handler",
            code=[_CODE],
            description="Brings changes of endpoints to a Pinpoint project",
            timeout=_TIMEOUT,
            memory_size=1_024,
            batch_size=_BATCH,
            max_batching_window=Duration.seconds(2),
            max_concurrency=max_concurrency,
            environment={
                **settings,
                "APPLICATION_ID": project.application_id,
                "BATCHES_PER_SECOND": str(batches_per_second),
                "DELETIONS_PER_SECOND": str(deletions_per_second),
                "GIVE_UP_AFTER_SECONDS": str(patience.to_seconds()),
                "IMPORT_ABOVE": str(import_above),
                "LEASE_SECONDS": str(_LEASE.to_seconds()),
            },
            encryption_key=encryption_key,
        )
        self.queue = self.changes.queue
        self.dead_letters = self.changes.dead_letters
        self.function = self.changes.function
        self.files = QueueWorker(
            self,
            "Files",
            handler="patterns.audience_sync.files_handler.handler",
            code=[_CODE],
            description="Looks whether files of changes are imported, and settles what was in them",
            timeout=Duration.minutes(2),
            memory_size=1_024,
            batch_size=1,
            max_concurrency=2,
            environment={
                **settings,
                "CHANGES_QUEUE_URL": self.queue.queue_url,
                "CHANGES_DEAD_LETTERS_URL": self.dead_letters.queue_url,
            },
            longest_wait=Duration.hours(4),
            encryption_key=encryption_key,
        )
        self._grant_changes()
        self._grant_files()

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer put changes into the queue."""
        return self.changes.grant_send(grantee)

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people, the files of the import bucket among it."""
        return [
            PersonalStore.dead_letters(f"{self.node.path}: dead letters", self.dead_letters),
            PersonalStore.keyed(f"{self.node.path}: versions", self.state, code=_CODE),
            *self.import_bucket.personal_stores,
        ]

    def metric_applied(self) -> cloudwatch.Metric:
        """Changes that the project has, by call or by file, the sum of five minutes."""
        return _counted("Applied")

    def metric_deleted(self) -> cloudwatch.Metric:
        """Endpoints that were deleted, the sum of five minutes."""
        return _counted("Deleted")

    def metric_stale(self) -> cloudwatch.Metric:
        """Changes that came after a newer one, or twice, the sum of five minutes."""
        return _counted("Stale")

    def metric_filed(self) -> cloudwatch.Metric:
        """Changes that were written into a file, the sum of five minutes; they end as another count later."""
        return _counted("Filed")

    def metric_postponed(self) -> cloudwatch.Metric:
        """Changes that had to wait, each time, the sum of five minutes."""
        return _counted("Postponed")

    def metric_dead_lettered(self) -> cloudwatch.Metric:
        """Changes that were refused, the sum of five minutes."""
        return _counted("DeadLettered")

    def metric_calls(self) -> cloudwatch.Metric:
        """Calls of UpdateEndpointsBatch, the sum of five minutes."""
        return _counted("Calls")

    def _grant_changes(self) -> None:
        worker = self.changes.worker
        self.project.grant(self.function, "UpdateEndpointsBatch", "DeleteEndpoint", "GetUserEndpoints")
        self.state.grant(self.function, "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchGetItem")
        self.queue.grant_send_messages(self.function)
        self.files.grant_send(self.function)
        self.function.add_environment("FILES_QUEUE_URL", self.files.queue.queue_url)
        for prefix in (_FILES, _CHANGES):
            self._allow(worker, "s3:PutObject", prefix)
        if key := self.import_bucket.bucket.encryption_key:
            key.grant_encrypt(self.function)

    def _grant_files(self) -> None:
        worker, function = self.files.worker, self.files.function
        self.state.grant(function, "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchGetItem")
        self.queue.grant_send_messages(function)
        self.dead_letters.grant_send_messages(function)
        for prefix in (_FILES, _CHANGES, "reports/audience-sync/*", "quarantine/audience-sync/*"):
            self._allow(worker, "s3:GetObject", prefix)
        function.add_to_role_policy(
            iam.PolicyStatement(
                # Without it an object that is not there looks like one that may not be read.
                actions=["s3:ListBucket"],
                resources=[self.import_bucket.bucket.bucket_arn],
                conditions={
                    "StringLike": {"s3:prefix": ["reports/audience-sync/*", _FILES, _CHANGES]},
                },
            )
        )
        if key := self.import_bucket.bucket.encryption_key:
            key.grant_decrypt(function)

    def _allow(self, worker: PatternFunction, action: str, prefix: str) -> None:
        objects = self.import_bucket.bucket.arn_for_objects(prefix)
        worker.function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[objects]))
        acknowledge_wildcard(
            worker.role, objects, "Files are named at run time; the wildcard stays below one prefix."
        )


def _imports(bucket: ImportBucket) -> FileImports:
    existing = bucket.node.try_find_child("Endpoints")
    return existing if isinstance(existing, FileImports) else bucket.imports_endpoints()


def _counted(name: str) -> cloudwatch.Metric:
    return counted(name, {"Pattern": "AudienceSync"})


def _check(
    batches_per_second: int,
    deletions_per_second: int,
    import_above: int,
    max_concurrency: int,
    patience: Duration,
) -> None:
    for what, value, lowest, highest in (
        ("batches_per_second", batches_per_second, 1, 5_000),
        ("deletions_per_second", deletions_per_second, 1, 5_000),
        ("import_above", import_above, 100, 100_000_000),
        ("max_concurrency", max_concurrency, 2, 1_000),
    ):
        if not Token.is_unresolved(value) and not lowest <= value <= highest:
            raise ValueError(f"{what} must be {lowest} to {highest}, got {value}")
    if not Duration.days(2).to_seconds() <= patience.to_seconds() <= Duration.days(14).to_seconds():
        raise ValueError(f"give_up_after must be 2 to 14 days, got {patience.to_human_string()}")
