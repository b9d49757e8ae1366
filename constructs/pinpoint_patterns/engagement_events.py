"""What a customer data platform has to hear of a project's events, told once by signed webhook."""

from typing import Final
from urllib.parse import urlsplit

from aws_cdk import Duration, Token
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._dead_letters import DeadLetterQueue, WorkQueue
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._signing_secret import signing_secret
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns.event_stream import EventStream

_CODE: Final = "patterns/engagement_events"
_LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})


class EngagementEvents(Construct):
    """A consumer of the event stream that tells a platform's webhook of each hard bounce, once.

    Events of unknown types pass. A record that is no event waits in `malformed` with its reason; a
    callback that the webhook refuses, or does not take in `attempts`, waits in `dead_letters`.

    Args:
        event_stream: Where the events come from.
        callback_url: The webhook, `https`; it takes POSTs signed after Standard Webhooks.
        callback_secret: The signing secret, `whsec_<base64>`; a new one by default.
        attempts: Times that a callback is tried. An answer with Retry-After is no attempt.

    Raises:
        ValueError: The address is not `https` (`http` is allowed on this machine only).

    See https://www.standardwebhooks.com.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        event_stream: EventStream,
        callback_url: str,
        callback_secret: secretsmanager.ISecret | None = None,
        attempts: int = 8,
    ) -> None:
        super().__init__(scope, construct_id)
        _check_url(callback_url)
        self.secret = callback_secret or signing_secret(self, "Secret")
        self.ledger = state_table(self, "Ledger")
        callbacks = WorkQueue(
            self,
            "Callbacks",
            visibility_timeout=Duration.minutes(8),
            # Attempts are counted in the ledger: a webhook that asks for patience is not given up.
            max_receives=200,
        )
        self.callbacks = callbacks.queue
        self.dead_letters = callbacks.dead_letters.queue
        self.malformed = DeadLetterQueue(self, "Malformed").queue
        self.consumer = self._consumer()
        self.unread = event_stream.add_consumer(self.consumer.function).queue
        self.sender = self._sender(callback_url, attempts)

    def _consumer(self) -> PatternFunction:
        consumer = PatternFunction(
            self,
            "Consumer",
            handler="patterns.engagement_events.consumer.handler",
            code=[_CODE],
            description="Picks what the platform has to know from the event stream",
            timeout=Duration.minutes(1),
            environment={
                "CALLBACKS_QUEUE_URL": self.callbacks.queue_url,
                "MALFORMED_QUEUE_URL": self.malformed.queue_url,
            },
        )
        self.callbacks.grant_send_messages(consumer.function)
        self.malformed.grant_send_messages(consumer.function)
        return consumer

    def _sender(self, callback_url: str, attempts: int) -> PatternFunction:
        sender = PatternFunction(
            self,
            "Sender",
            handler="patterns.engagement_events.sender.handler",
            code=[_CODE],
            description="Posts callbacks to the customer data platform",
            timeout=Duration.seconds(80),
            environment={
                "CALLBACK_URL": callback_url,
                "CALLBACK_SECRET_ARN": self.secret.secret_arn,
                "CALLBACKS_QUEUE_URL": self.callbacks.queue_url,
                "DEAD_LETTERS_QUEUE_URL": self.dead_letters.queue_url,
                "LEDGER_TABLE": self.ledger.table_name,
                "MOST_ATTEMPTS": str(attempts),
            },
        )
        self.secret.grant_read(sender.function)
        self.ledger.grant(sender.function, "dynamodb:UpdateItem")
        self.dead_letters.grant_send_messages(sender.function)
        # A batch of five, each with its time-outs, is done before the function's own.
        sender.consume_queue(self.callbacks, batch_size=5, max_concurrency=10)
        return sender


def _check_url(url: str) -> None:
    if Token.is_unresolved(url):
        return
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or parts.hostname in _LOCAL_HOSTS):
        return
    raise ValueError("callback_url must be an https:// address: http:// is allowed for 127.0.0.1 only")
