"""A queue for changes of users and endpoints, and a bucket for files of them."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import AudienceSync, IPinpointProject, PatternDashboard


class AudienceSyncStack(Stack):
    """Keeps a project's endpoints as another system knows them.

    Args:
        project: Whose endpoints.
        batches_per_second: Calls of UpdateEndpointsBatch.
        import_above: How many changes wait when they begin to go by file.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        batches_per_second: int,
        import_above: int,
    ) -> None:
        super().__init__(scope, construct_id, description="Users and endpoints of another system in Pinpoint")
        sync = AudienceSync(
            self,
            "Sync",
            project=project,
            batches_per_second=batches_per_second,
            import_above=import_above,
        )
        self.personal_stores = sync.personal_stores
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[sync.changes.age_alarm, sync.changes.worker.error_alarm, sync.imports.alarm],
            counts={
                "Changes": [
                    sync.metric_applied(),
                    sync.metric_deleted(),
                    sync.metric_stale(),
                    sync.metric_dead_lettered(),
                ],
                "On their way": [sync.metric_filed(), sync.metric_postponed()],
            },
            queues={"Changes": sync.queue, "Files": sync.files.queue},
            dead_letters={"Changes": sync.dead_letters, "Files": sync.files.dead_letters},
            functions={"Changes": sync.function, "Files": sync.files.function},
        )
        for name, value in {
            "QueueUrl": sync.queue.queue_url,
            "DeadLettersUrl": sync.dead_letters.queue_url,
            "FilesQueueUrl": sync.files.queue.queue_url,
            "StateTableName": sync.state.table_name,
            "ImportBucketName": sync.import_bucket.bucket.bucket_name,
            "NotificationTopicArn": sync.imports.topic.topic_arn,
        }.items():
            CfnOutput(self, name, value=value)
