"""Two channels of one's own: a vendor's message API, and an inbox inside the app."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import InboxChannel, IPinpointProject, WebhookChannel


class CustomChannelsStack(Stack):
    """What campaigns and journeys name as DeliveryUri.

    Args:
        project: Whose campaigns.
        webhook_url: The vendor's message API.
        webhook_idempotency: Whether that API honours an idempotency key.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        webhook_url: str,
        webhook_idempotency: bool,
    ) -> None:
        super().__init__(scope, construct_id, description="Custom channels of a Pinpoint project")
        webhook = WebhookChannel(
            self, "Webhook", project=project, url=webhook_url, idempotency_key=webhook_idempotency
        )
        inbox = InboxChannel(self, "Inbox", project=project)
        CfnOutput(self, "WebhookDeliveryUri", value=webhook.delivery_uri)
        CfnOutput(self, "WebhookSecretArn", value=webhook.secret.secret_arn)
        CfnOutput(self, "WebhookDeadLettersUrl", value=webhook.dead_letters.queue.queue_url)
        CfnOutput(self, "InboxDeliveryUri", value=inbox.delivery_uri)
        CfnOutput(self, "InboxTableName", value=inbox.table.table_name)
        CfnOutput(self, "InboxDeadLettersUrl", value=inbox.dead_letters.queue.queue_url)
