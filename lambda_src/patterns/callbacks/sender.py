"""The function that posts callbacks, at the pace that their receiver asks for."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from patterns.callbacks.delivery import Delivery
from pinpoint_runtime.clients import client
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.queues import SourceQueue
from pinpoint_runtime.settings import text, whole_number
from pinpoint_runtime.webhook import SigningSecret, Webhook

_NAME: Final = text("CALLBACKS_NAME")
_QUEUE: Final = SourceQueue(client("sqs"), url=text("QUEUE_URL"), dead_letters_url=text("DEAD_LETTERS_URL"))
_DELIVERY: Final = Delivery(
    receiver=Webhook(
        text("CALLBACK_URL"),
        SigningSecret(client("secretsmanager"), text("CALLBACK_SECRET_ARN")),
        idempotency_key=True,
    ),
    ledger=Ledger(client("dynamodb"), text("LEDGER_TABLE")),
    most_attempts=whole_number("MOST_ATTEMPTS"),
)


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with the messages that come again."""
    courses = [(record, *_DELIVERY.run(record["body"])) for record in event["Records"]]
    again = _QUEUE.settle((record, end) for record, end, _ in courses)
    counts = Counter("Postponed" if record["messageId"] in again else count for record, _, count in courses)
    emit({"Callbacks": _NAME}, counts, time.time())
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in again]}
