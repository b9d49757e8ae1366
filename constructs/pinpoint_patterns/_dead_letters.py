"""Dead-letter queues: where what could not be processed waits for a person, with an alarm on it."""

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from pinpoint_patterns._alarms import alarm


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one cdk-nag finding at one construct, with a reason that a stranger can judge."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


class WorkQueue(Construct):
    """An encrypted queue with its dead letters: a message that fails `max_receives` times moves there.

    Args:
        visibility_timeout: How long a message is hidden while it is worked on; six times the worker's
            timeout, as Lambda asks for.
        max_receives: Attempts before a message counts as dead.
        encryption_key: A customer managed key; SQS's own by default.

    See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        visibility_timeout: Duration,
        max_receives: int = 5,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", encryption_key=encryption_key)
        self.queue = _queue(
            self,
            encryption_key=encryption_key,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters.queue, max_receive_count=max_receives
            ),
        )


class DeadLetterQueue(Construct):
    """A queue that keeps what failed for 14 days, and an alarm that rings at the first message.

    Args:
        encryption_key: A customer managed key; SQS's own by default.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, encryption_key: kms.IKey | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        self.queue = _queue(self, encryption_key=encryption_key)
        acknowledge(self.queue, "AwsSolutions-SQS3", "This queue is itself the dead-letter queue.")
        self.alarm = alarm(
            self,
            "Alarm",
            self.queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            "Something could not be processed and waits in a dead-letter queue.",
        )


def _queue(
    scope: Construct,
    *,
    encryption_key: kms.IKey | None,
    visibility_timeout: Duration | None = None,
    dead_letter_queue: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    return sqs.Queue(
        scope,
        "Queue",
        encryption=sqs.QueueEncryption.KMS if encryption_key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=encryption_key,
        enforce_ssl=True,
        retention_period=Duration.days(14),
        visibility_timeout=visibility_timeout,
        dead_letter_queue=dead_letter_queue,
    )
