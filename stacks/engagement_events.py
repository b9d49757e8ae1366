"""The project's events on a stream, and a platform that hears of hard bounces."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import EngagementEvents, EventStream, IPinpointProject


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
        for name, value in {
            "StreamName": self.event_stream.stream.stream_name,
            "CallbackSecretArn": events.callbacks.secret.secret_arn,
            "CallbackDeadLettersUrl": events.callbacks.dead_letters.queue_url,
            "MalformedDeadLettersUrl": events.malformed.queue_url,
            "UnreadDeadLettersUrl": events.unread.queue_url,
        }.items():
            CfnOutput(self, name, value=value)
