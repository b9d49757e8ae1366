"""Events of users: what producers put into a queue, or onto a bus, reaches the project once."""

from typing import Final, Literal

from aws_cdk import Duration, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from pinpoint_patterns._dead_letters import DeadLetterQueue
from pinpoint_patterns._queue_worker import QueueWorker, counted
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.personal_store import PersonalStore
from pinpoint_patterns.project import IPinpointProject

DETAIL_TYPE: Final = "User Event"
_TIMEOUT: Final = Duration.minutes(2)
# Gathered, so that events fill calls of a hundred.
_BATCH: Final = 500


class EventIngest(Construct):
    """A queue, a bus with a rule onto it, the function that puts events into the project, and dead letters.

    A message holds one event or a list of them, bare or as EventBridge wraps them. Each is checked, claimed
    in a ledger under its endpoint and id, and put in calls of 100 that may change endpoints as well. What is
    refused waits in `dead_letters` with its reason, what the bus could not hand over in `undelivered`.

    Args:
        project: Where the events go.
        event_bus: Where producers put events; a new bus by default.
        event_pattern: Which events of the bus are taken; by default those whose detail type is `User Event`.
        requests_per_second: Calls of PutEvents a second, all workers together, 1 to 1,000. The published
            rate is 15.
        naive_timestamps: Whether a time without a zone is refused, or taken as UTC.
        max_attempts: Calls before an event that they keep failing for is given up, 1 to 50. Being throttled
            is no attempt.
        give_up_after: How long an event may wait, 1 minute to 6 hours.
        max_concurrency: Worker functions at once, 2 to 1,000.
        gather: How long events are gathered to fill calls, up to 5 minutes; the most that an event waits.
        encryption_key: A key for queues and ledger; the services' own by default.

    Raises:
        ValueError: A number is outside of what is allowed.

    See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-events.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        event_bus: events.IEventBus | None = None,
        event_pattern: events.EventPattern | None = None,
        requests_per_second: int = 15,
        naive_timestamps: Literal["refuse", "utc"] = "refuse",
        max_attempts: int = 8,
        give_up_after: Duration | None = None,
        max_concurrency: int = 4,
        gather: Duration | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        patience = give_up_after or Duration.hours(6)
        _check(requests_per_second, naive_timestamps, max_attempts, patience, max_concurrency)
        self.ledger = state_table(self, "Ledger", encryption_key=encryption_key)
        self.events = QueueWorker(
            self,
            "Events",
            handler="patterns.user_events.handler.handler",
            code=["patterns/user_events"],
            description="Puts events of users into a Pinpoint project",
            timeout=_TIMEOUT,
            batch_size=_BATCH,
            max_batching_window=gather or Duration.seconds(1),
            max_concurrency=max_concurrency,
            environment={
                "APPLICATION_ID": project.application_id,
                "BUDGET_SECONDS": str(_TIMEOUT.to_seconds() // 2),
                "CALLS_PER_SECOND": str(requests_per_second),
                "GIVE_UP_AFTER_SECONDS": str(patience.to_seconds()),
                # Longer than the function may run, shorter than its message stays hidden.
                "LEASE_SECONDS": str(_TIMEOUT.to_seconds() * 3 // 2),
                "LEDGER_TABLE": self.ledger.table_name,
                "MAX_ATTEMPTS": str(max_attempts),
                "NAIVE_IS_UTC": str(naive_timestamps == "utc").lower(),
            },
            encryption_key=encryption_key,
        )
        self.queue = self.events.queue
        self.dead_letters = self.events.dead_letters
        self.function = self.events.function
        project.grant(self.function, "PutEvents", "GetUserEndpoints")
        self.ledger.grant(self.function, "dynamodb:UpdateItem")
        self.event_bus = event_bus or events.EventBus(self, "Bus")
        self.undelivered = DeadLetterQueue(self, "UndeliveredDeadLetters", encryption_key=encryption_key)
        self.rule = self._rule(event_pattern)

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer put events into the queue."""
        return self.events.grant_send(grantee)

    def grant_put(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer put events onto the bus."""
        return self.event_bus.grant_put_events_to(grantee)

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people. The ledger has digests, for 30 days."""
        return [
            PersonalStore.dead_letters(f"{self.node.path}: dead letters", self.dead_letters),
            PersonalStore.dead_letters(f"{self.node.path}: undelivered", self.undelivered.queue),
        ]

    def metric_accepted(self) -> cloudwatch.Metric:
        """Events that the project took, the sum of five minutes."""
        return _counted("Accepted")

    def metric_rejected(self, reason: str | None = None) -> cloudwatch.Metric:
        """Events that went to the dead letters, the sum of five minutes.

        Args:
            reason: Those of one reason only, such as `value_too_long`.
        """
        if reason is None:
            return _counted("Rejected")
        return counted("Rejected", {"Pattern": "UserEvents", "Reason": reason})

    def metric_repeated(self) -> cloudwatch.Metric:
        """Deliveries of events that the project had already, the sum of five minutes."""
        return _counted("Repeated")

    def metric_again(self) -> cloudwatch.Metric:
        """Events that were put off, each time, the sum of five minutes."""
        return _counted("Again")

    def metric_calls(self) -> cloudwatch.Metric:
        """Calls of PutEvents, the sum of five minutes."""
        return _counted("Calls")

    def metric_rejected_by_reason(self) -> cloudwatch.MathExpression:
        """Events that went to the dead letters, a line for each reason, the sum of five minutes."""
        return cloudwatch.MathExpression(
            expression=(
                "SEARCH('{PinpointPatterns,Pattern,Reason} "
                'Pattern="UserEvents" MetricName="Rejected"\', \'Sum\')'
            ),
            using_metrics={},
            label="",
            period=Duration.minutes(5),
        )

    def _rule(self, event_pattern: events.EventPattern | None) -> events.Rule:
        target = targets.SqsQueue(self.queue, dead_letter_queue=self.undelivered.queue)
        return events.Rule(
            self,
            "Rule",
            description="Events of users for a Pinpoint project",
            event_bus=self.event_bus,
            event_pattern=event_pattern or events.EventPattern(detail_type=[DETAIL_TYPE]),
            targets=[target],
        )


def _counted(name: str) -> cloudwatch.Metric:
    return counted(name, {"Pattern": "UserEvents"})


def _check(
    requests_per_second: int,
    naive_timestamps: str,
    max_attempts: int,
    patience: Duration,
    max_concurrency: int,
) -> None:
    if naive_timestamps not in ("refuse", "utc"):
        raise ValueError(f"naive_timestamps must be refuse or utc, got {naive_timestamps!r}")
    if not 60 <= patience.to_seconds() <= Duration.hours(6).to_seconds():
        raise ValueError(f"give_up_after must be 1 minute to 6 hours, got {patience.to_human_string()}")
    for what, value, lowest, highest in (
        ("requests_per_second", requests_per_second, 1, 1000),
        ("max_attempts", max_attempts, 1, 50),
        ("max_concurrency", max_concurrency, 2, 1000),
    ):
        if not Token.is_unresolved(value) and not lowest <= value <= highest:
            raise ValueError(f"{what} must be {lowest} to {highest}, got {value}")
