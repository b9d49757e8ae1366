"""What a customer data platform has to hear of a project's events, told once by signed webhook."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._dead_letters import DeadLetterQueue
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns.callback_sender import CallbackSender
from pinpoint_patterns.event_stream import EventStream
from pinpoint_patterns.personal_store import PersonalStore

_CODE: Final = "patterns/engagement_events"


class EngagementEvents(Construct):
    """A consumer of the event stream that tells a platform's webhook of each hard bounce, once.

    Events of unknown types pass. A record that is no event waits in `malformed` with its reason; a
    callback that the webhook refuses, or does not take in `attempts`, waits in `callbacks.dead_letters`.

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
        self.callbacks = CallbackSender(
            self,
            "Callbacks",
            url=callback_url,
            name="engagement-events",
            secret=callback_secret,
            attempts=attempts,
        )
        self.malformed = DeadLetterQueue(self, "Malformed").queue
        self.consumer = self._consumer()
        self.unread = event_stream.add_consumer(self.consumer.function).queue

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people. `unread` names places in the stream, and nobody."""
        malformed = PersonalStore.dead_letters(f"{self.node.path}: malformed", self.malformed)
        return [*self.callbacks.personal_stores, malformed]

    def _consumer(self) -> PatternFunction:
        consumer = PatternFunction(
            self,
            "Consumer",
            handler="patterns.engagement_events.consumer.handler",
            code=[_CODE],
            description="Picks what the platform has to know from the event stream",
            timeout=Duration.minutes(1),
            environment={
                "CALLBACKS_QUEUE_URL": self.callbacks.queue.queue_url,
                "MALFORMED_QUEUE_URL": self.malformed.queue_url,
            },
        )
        self.callbacks.grant_send(consumer.function)
        self.malformed.grant_send_messages(consumer.function)
        return consumer
