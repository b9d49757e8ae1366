"""Telling a system of record what it has to know, each thing once, by signed webhook."""

import re
from typing import Final

from aws_cdk import Duration, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._queue_worker import QueueWorker, counted
from pinpoint_patterns._signing_secret import signing_secret
from pinpoint_patterns._state_table import state_table
from pinpoint_patterns._webhook_url import check_webhook_url
from pinpoint_patterns.personal_store import PersonalStore

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class CallbackSender(Construct):
    """A queue of callbacks, a function that posts each of them once, a ledger and their dead letters.

    A message of `queue` is `{"key": ..., "body": {...}}`: the body is posted, the key is its `webhook-id` on
    every repetition, and a key that was posted is not posted again for 30 days. What the receiver refuses, or
    does not take in `attempts`, waits in `dead_letters` with its reason; moved back, it is tried anew.

    Args:
        url: The webhook, `https`; it takes POSTs signed after Standard Webhooks.
        name: The name in metrics: lower case, up to 32 characters.
        secret: The signing secret, `whsec_<base64>`; a new one by default. It is read anew every five
            minutes: rotation needs no deployment.
        attempts: Times that a callback is tried, 1 to 50. An answer with Retry-After is no attempt.

    Raises:
        ValueError: The address is not `https` (`http` is allowed on this machine only), or the name or the
            attempts are outside of what is allowed.

    See https://www.standardwebhooks.com.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        url: str,
        name: str = "callbacks",
        secret: secretsmanager.ISecret | None = None,
        attempts: int = 8,
    ) -> None:
        super().__init__(scope, construct_id)
        check_webhook_url(url)
        if not _NAME.fullmatch(name):
            raise ValueError(f"name must be lower case letters, digits, _ and -, up to 32, got {name!r}")
        if not Token.is_unresolved(attempts) and not 1 <= attempts <= 50:
            raise ValueError(f"attempts must be 1 to 50, got {attempts}")
        self.name = name
        self.secret = secret or signing_secret(self, "Secret")
        self.ledger = state_table(self, "Ledger")
        self.sender = QueueWorker(
            self,
            "Sender",
            handler="patterns.callbacks.sender.handler",
            code=["patterns/callbacks"],
            description="Posts callbacks to a system of record",
            # A batch of five, each with its time-outs, is done before the function's own.
            timeout=Duration.seconds(80),
            batch_size=5,
            max_concurrency=10,
            environment={
                "CALLBACKS_NAME": name,
                "CALLBACK_URL": url,
                "CALLBACK_SECRET_ARN": self.secret.secret_arn,
                "LEDGER_TABLE": self.ledger.table_name,
                "MOST_ATTEMPTS": str(attempts),
            },
        )
        self.queue = self.sender.queue
        self.dead_letters = self.sender.dead_letters
        self.secret.grant_read(self.sender.function)
        self.ledger.grant(self.sender.function, "dynamodb:UpdateItem")

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a producer put callbacks into the queue."""
        return self.sender.grant_send(grantee)

    @property
    def personal_stores(self) -> list[PersonalStore]:
        """What is kept of people. The ledger has digests, for 30 days."""
        return [PersonalStore.dead_letters(f"{self.node.path}: dead letters", self.dead_letters)]

    def metric_delivered(self) -> cloudwatch.Metric:
        """Callbacks that the receiver took, the sum of five minutes."""
        return self._metric("Delivered")

    def metric_failed(self) -> cloudwatch.Metric:
        """Callbacks that went to the dead letters, the sum of five minutes."""
        return self._metric("Failed")

    def metric_postponed(self) -> cloudwatch.Metric:
        """Posts that were put off, the sum of five minutes."""
        return self._metric("Postponed")

    def metric_duplicates(self) -> cloudwatch.Metric:
        """Callbacks whose key had been posted before, the sum of five minutes."""
        return self._metric("Duplicates")

    def _metric(self, metric_name: str) -> cloudwatch.Metric:
        return counted(metric_name, {"Callbacks": self.name})
