"""The one way a pattern works on what producers put into a queue."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pinpoint_patterns._alarms import alarm
from pinpoint_patterns._dead_letters import WorkQueue
from pinpoint_patterns._function import PatternFunction

NAMESPACE: Final = "PinpointPatterns"
# A worker gives messages up itself, with the reason; the queue's own limit only catches a broken worker.
_MOST_RECEIVES: Final = 1000


class QueueWorker(Construct):
    """An encrypted queue, the function that works on it, their dead letters, and an alarm on what waits.

    The function finds the queue's addresses in `QUEUE_URL` and `DEAD_LETTERS_URL`, and answers with a partial
    batch response. It gives a message up with a reason; after 1,000 receives SQS gives it up without.

    Args:
        handler: Dotted path below the Lambda source root.
        code: Folders below the source root that the function needs.
        description: What the function is for, as the console shows it.
        timeout: Of the function. A message is hidden for six times as long.
        memory_size: MiB.
        batch_size: Messages an invocation, up to 10,000; more than 10 need a batching window.
        max_batching_window: How long a batch may be gathered.
        max_concurrency: Invocations at once, 2 to 1,000.
        environment: Settings; never a secret.
        longest_wait: The age of the oldest message at which the alarm rings.
        layer: A layer more, with code that is no part of this package.
        encryption_key: A customer managed key; SQS's own by default.

    See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: str,
        code: Sequence[str],
        description: str,
        timeout: Duration,
        memory_size: int = 512,
        batch_size: int = 10,
        max_batching_window: Duration | None = None,
        max_concurrency: int | None = None,
        environment: Mapping[str, str] | None = None,
        longest_wait: Duration | None = None,
        layer: lambda_.ILayerVersion | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        work = WorkQueue(
            self,
            "Messages",
            visibility_timeout=Duration.seconds(6 * timeout.to_seconds()),
            max_receives=_MOST_RECEIVES,
            encryption_key=encryption_key,
        )
        self.queue = work.queue
        self.dead_letters = work.dead_letters.queue
        self.worker = PatternFunction(
            self,
            "Worker",
            handler=handler,
            code=code,
            description=description,
            timeout=timeout,
            memory_size=memory_size,
            environment={
                "QUEUE_URL": self.queue.queue_url,
                "DEAD_LETTERS_URL": self.dead_letters.queue_url,
                **(environment or {}),
            },
            layer=layer,
        )
        self.function = self.worker.function
        self.dead_letters.grant_send_messages(self.function)
        self.worker.consume_queue(
            self.queue,
            batch_size=batch_size,
            max_batching_window=max_batching_window,
            max_concurrency=max_concurrency,
        )
        self.age_alarm = alarm(
            self,
            "AgeAlarm",
            self.metric_age(),
            "Messages wait too long: what they are for is down, or slower than they come.",
            threshold=(longest_wait or Duration.hours(1)).to_seconds(),
        )

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer put messages into the queue."""
        return self.queue.grant_send_messages(grantee)

    def metric_age(self) -> cloudwatch.Metric:
        """Seconds that the oldest message has waited, the most of five minutes."""
        return self.queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(5))

    def metric_dead_letters(self) -> cloudwatch.Metric:
        """Messages that wait among the dead letters."""
        return self.dead_letters.metric_approximate_number_of_messages_visible(period=Duration.minutes(5))


def counted(metric_name: str, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    """A count that a function emits with `pinpoint_runtime.metrics`, the sum of five minutes."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric_name,
        dimensions_map=dict(dimensions),
        statistic="Sum",
        period=Duration.minutes(5),
    )
