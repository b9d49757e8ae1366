"""A custom channel to a vendor's message API."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._signing_secret import signing_secret
from pinpoint_patterns._webhook_url import check_webhook_url
from pinpoint_patterns.custom_channel import CustomChannel
from pinpoint_patterns.project import IPinpointProject


class WebhookChannel(CustomChannel):
    """A custom channel that posts each message, signed after Standard Webhooks, to a message API.

    Args:
        project: Whose campaigns and journeys may use the channel.
        url: The message API; https.
        idempotency_key: Whether the API honours the header `Idempotency-Key`. If it does, a message whose
            answer was lost is sent again with the same key; if not, it ends as UNKNOWN.
        secret: The signing secret, `whsec_<base64>`; a new one by default. The sender reads it anew every
            five minutes: rotation needs no deployment.
        name: The channel's name in result events and metrics.
        max_concurrency: Sender functions at once, 2 to 1,000; each posts up to ten messages in parallel.
        max_attempts: Posts before a message counts as failed, 1 to 50.
        give_up_after: How long a message may wait in the queue, up to 6 hours.
        encryption_key: A key for queues, ledger and secret; the services' own by default.

    Raises:
        ValueError: The URL is not https (http is allowed for 127.0.0.1 and localhost).

    See https://www.standardwebhooks.com.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: IPinpointProject,
        url: str,
        idempotency_key: bool,
        secret: secretsmanager.ISecret | None = None,
        name: str = "webhook",
        max_concurrency: int = 10,
        max_attempts: int = 12,
        give_up_after: Duration | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        check_webhook_url(url)
        super().__init__(
            scope,
            construct_id,
            project=project,
            name=name,
            adapter="channels.webhook.adapter:adapter",
            code=["channels/webhook"],
            environment={"WEBHOOK_URL": url, "WEBHOOK_IDEMPOTENCY_KEY": str(idempotency_key).lower()},
            max_concurrency=max_concurrency,
            max_attempts=max_attempts,
            give_up_after=give_up_after,
            encryption_key=encryption_key,
        )
        self.secret = secret or signing_secret(self, "Secret", encryption_key=encryption_key)
        self.secret.grant_read(self.sender.function)
        self.sender.function.add_environment("WEBHOOK_SECRET_ARN", self.secret.secret_arn)
