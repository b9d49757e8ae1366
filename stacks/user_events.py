"""Events of users: a queue and a bus for producers."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import EventIngest, IPinpointProject, PatternDashboard


class UserEventsStack(Stack):
    """What producers put into the queue, or onto the bus, reaches the project once.

    Args:
        project: Where the events go.
    """

    def __init__(self, scope: Construct, construct_id: str, *, project: IPinpointProject) -> None:
        super().__init__(scope, construct_id, description="Events of users for a Pinpoint project")
        ingest = EventIngest(self, "Ingest", project=project)
        self.personal_stores = ingest.personal_stores
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[ingest.events.age_alarm, ingest.events.worker.error_alarm, ingest.undelivered.alarm],
            counts={
                "Events": [
                    ingest.metric_accepted(),
                    ingest.metric_repeated(),
                    ingest.metric_again(),
                    ingest.metric_rejected(),
                ],
                "Rejected, by reason": [ingest.metric_rejected_by_reason()],
            },
            queues={"Events": ingest.queue},
            dead_letters={"Events": ingest.dead_letters, "Not handed over": ingest.undelivered.queue},
            functions={"Worker": ingest.function},
        )
        for name, value in {
            "QueueUrl": ingest.queue.queue_url,
            "DeadLettersUrl": ingest.dead_letters.queue_url,
            "UndeliveredUrl": ingest.undelivered.queue.queue_url,
            "EventBusName": ingest.event_bus.event_bus_name,
            "LedgerTableName": ingest.ledger.table_name,
        }.items():
            CfnOutput(self, name, value=value)
