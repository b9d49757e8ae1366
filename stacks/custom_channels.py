"""Three channels of one's own: a vendor's message API, an inbox inside the app, and offers."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from pinpoint_patterns import (
    CustomChannel,
    InboxChannel,
    IPinpointProject,
    OfferChannel,
    OfferSet,
    PatternDashboard,
    WebhookChannel,
)


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
        front = inbox.webhook_delivery()
        offers = OfferChannel(
            self,
            "Offers",
            project=project,
            offer_sets=[OfferSet(name="welcome", offers=["10 percent", "free shipping"])],
        )
        self.personal_stores = [
            store for channel in (webhook, inbox, offers) for store in channel.personal_stores
        ]
        self._dashboard({"Webhook": webhook, "Inbox": inbox, "Offers": offers})
        CfnOutput(self, "WebhookDeliveryUri", value=webhook.delivery_uri)
        CfnOutput(self, "WebhookSecretArn", value=webhook.secret.secret_arn)
        CfnOutput(self, "WebhookDeadLettersUrl", value=webhook.dead_letters.queue.queue_url)
        CfnOutput(self, "InboxDeliveryUri", value=inbox.delivery_uri)
        CfnOutput(self, "InboxWebhookAddress", value=front.address)
        CfnOutput(self, "InboxWebhookSecretArn", value=front.secret.secret_arn)
        CfnOutput(self, "InboxTableName", value=inbox.table.table_name)
        CfnOutput(self, "InboxDeadLettersUrl", value=inbox.dead_letters.queue.queue_url)
        CfnOutput(self, "OffersDeliveryUri", value=offers.delivery_uri)
        CfnOutput(self, "OffersDeadLettersUrl", value=offers.dead_letters.queue.queue_url)

    def _dashboard(self, channels: Mapping[str, CustomChannel]) -> None:
        PatternDashboard(
            self,
            "Dashboard",
            alarms=[
                alarm
                for each in channels.values()
                for alarm in (each.age_alarm, each.unknown_alarm, each.dead_letters.alarm)
            ],
            counts={
                title: [
                    each.metric_delivered(),
                    each.metric_failed(),
                    each.metric_unknown(),
                    each.metric_postponed(),
                ]
                for title, each in channels.items()
            },
            queues={title: each.queue.queue for title, each in channels.items()},
            dead_letters={title: each.dead_letters.queue for title, each in channels.items()},
            functions={f"{title}: sender": each.sender.function for title, each in channels.items()},
        )
