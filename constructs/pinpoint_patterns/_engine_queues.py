"""The engine's work queues, and who may put work on which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pinpoint_patterns._dead_letters import WorkQueue

# Three attempts at a run's work. The others only settle that it failed, and are spread over hours: a table
# that is away for one must not leave a run without an end.
_ATTEMPTS_OF_RUNS: Final = 10
# A message is hidden six times as long as its worker may run, as Lambda asks for.
_VISIBILITY_FACTOR: Final = 6


@dataclass(frozen=True)
class WorkerLimits:
    """How long one invocation may take, how many messages it takes, how many attempts they have."""

    timeout: Duration
    batch_size: int = 1
    max_receives: int = 5


LIMITS: Final = {
    "imports": WorkerLimits(Duration.minutes(5), max_receives=_ATTEMPTS_OF_RUNS),
    "campaigns": WorkerLimits(Duration.minutes(2), max_receives=_ATTEMPTS_OF_RUNS),
    # Three hooks and three custom deliveries of 15 seconds each, then 50 mails.
    "deliveries": WorkerLimits(Duration.minutes(3), max_receives=_ATTEMPTS_OF_RUNS),
    # The same work for events: it has five minutes, and must not stand behind a campaign to everybody.
    "urgent": WorkerLimits(Duration.minutes(3), max_receives=_ATTEMPTS_OF_RUNS),
    "stream": WorkerLimits(Duration.minutes(1), batch_size=5),
    "receipts": WorkerLimits(Duration.minutes(1), batch_size=10),
}


class EngineQueues(Construct):
    """One queue with dead letters for each kind of work."""

    def __init__(
        self, scope: Construct, construct_id: str, *, encryption_key: kms.IKey | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        self._queues = {
            name: WorkQueue(
                self,
                name.capitalize(),
                visibility_timeout=Duration.seconds(limits.timeout.to_seconds() * _VISIBILITY_FACTOR),
                max_receives=limits.max_receives,
                encryption_key=encryption_key,
            )
            for name, limits in LIMITS.items()
        }

    def __getitem__(self, name: str) -> WorkQueue:
        return self._queues[name]

    @property
    def dead_letters(self) -> Mapping[str, sqs.IQueue]:
        """What was given up, by kind of work."""
        return {name: work.dead_letters.queue for name, work in self._queues.items()}

    def urls(self, names: Sequence[str]) -> dict[str, str]:
        """The environment variables by which a function knows the queues it may write to."""
        return {f"{name.upper()}_QUEUE_URL": self._queues[name].queue.queue_url for name in names}

    def grant_send(self, grantee: iam.IGrantable, names: Sequence[str]) -> None:
        """Let a function put work on queues."""
        for name in names:
            self._queues[name].queue.grant_send_messages(grantee)
