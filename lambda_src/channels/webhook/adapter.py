"""Each message as a signed POST of JSON to one message API."""

from dataclasses import dataclass
from typing import Any

from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.webhook import Outcome, Rejected, SigningSecret, Webhook


@dataclass(frozen=True)
class WebhookAdapter:
    """Posts messages.

    Attributes:
        webhook: The message API.
        repeatable: Whether the API honours an idempotency key.
    """

    webhook: Webhook
    repeatable: bool

    def send(self, message: ChannelMessage) -> Outcome:
        if not message.address and not message.user_id:
            return Rejected("no_address_and_no_user")
        return self.webhook.post(message.key, request_body(message))


def request_body(message: ChannelMessage) -> dict[str, Any]:
    """What the message API is sent; what is not known of an endpoint is null or empty, never left out."""
    return {
        "type": "message.send",
        "id": message.key,
        "to": message.address or None,
        "channel_type": message.channel_type or None,
        "endpoint_id": message.endpoint_id,
        "user_id": message.user_id or None,
        "attributes": dict(message.attributes),
        "data": message.data,
        "application_id": message.application_id,
        "campaign_id": message.campaign_id or None,
        "campaign_activity_id": message.activity_id or None,
        "treatment_id": message.treatment_id or None,
        "journey_id": message.journey_id or None,
    }


def adapter() -> WebhookAdapter:
    """The adapter that the function's settings describe."""
    keyed = settings.flag("WEBHOOK_IDEMPOTENCY_KEY")
    secret = SigningSecret(client("secretsmanager"), settings.text("WEBHOOK_SECRET_ARN"))
    webhook = Webhook(settings.text("WEBHOOK_URL"), secret, idempotency_key=keyed)
    return WebhookAdapter(webhook, repeatable=keyed)
