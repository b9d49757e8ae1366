"""The project's events on a stream, a platform that hears of what it must know, and an archive."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import (
    EngagementEvents,
    EventArchive,
    EventStream,
    IPinpointProject,
    PatternDashboard,
)


class EngagementEventsStack(Stack):
    """The event stream of a project with a consumer; other stacks may add theirs to `event_stream`.

    Args:
        project: Whose events.
        callback_url: The webhook of the customer data platform.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, project: IPinpointProject, callback_url: str
    ) -> None:
        super().__init__(scope, construct_id, description="A Pinpoint project's events and who reads them")
        self.event_stream = EventStream(self, "EventStream", project=project)
        events = EngagementEvents(self, "Events", event_stream=self.event_stream, callback_url=callback_url)
        archive = self.event_stream.archive()
        self.personal_stores = [*events.personal_stores, *archive.personal_stores]
        self._dashboard(events, archive)
        for name, value in {
            "StreamName": self.event_stream.stream.stream_name,
            "CallbackSecretArn": events.callbacks.secret.secret_arn,
            "CallbackDeadLettersUrl": events.callbacks.dead_letters.queue_url,
            "MalformedDeadLettersUrl": events.malformed.queue_url,
            "UnreadDeadLettersUrl": events.unread.queue_url,
            "ArchiveBucketName": archive.bucket.bucket_name,
            "ArchiveDatabaseName": archive.database_name,
            "ArchiveTableName": archive.table_name,
            "ArchiveWorkgroupName": archive.workgroup_name,
        }.items():
            CfnOutput(self, name, value=value)

    def _dashboard(self, events: EngagementEvents, archive: EventArchive) -> None:
        callbacks = events.callbacks
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[
                callbacks.sender.age_alarm,
                events.consumer.error_alarm,
                archive.lag_alarm,
                archive.partitions_alarm,
            ],
            counts={
                "Events": [self.event_stream.metric_incoming_records(), archive.metric_archived()],
                "Behind": [
                    self.event_stream.metric_iterator_age(events.consumer.function),
                    archive.metric_lag(),
                ],
            },
            queues={"Callbacks": callbacks.queue},
            dead_letters={
                "Callbacks": callbacks.dead_letters,
                "Malformed events": events.malformed,
                "Unread events": events.unread,
            },
            functions={"Consumer": events.consumer.function, "Sender": callbacks.sender.function},
        )
