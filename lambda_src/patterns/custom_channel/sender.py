"""The function that sends a channel's messages: a queue in front, an adapter behind."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from patterns.custom_channel.adapter import load_adapter
from patterns.custom_channel.batch import Sender
from patterns.custom_channel.delivery import Delivery
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.queues import SourceQueue

_CHANNEL: Final = settings.text("CHANNEL")
_SENDER: Final = Sender(
    channel=_CHANNEL,
    delivery=Delivery(
        adapter=load_adapter(settings.text("ADAPTER")),
        ledger=Ledger(
            client("dynamodb"), settings.text("LEDGER_TABLE"), lease=settings.whole_number("LEASE_SECONDS")
        ),
        max_attempts=settings.whole_number("MAX_ATTEMPTS"),
        patience=settings.whole_number("GIVE_UP_AFTER_SECONDS"),
    ),
    queue=SourceQueue(
        client("sqs"),
        url=settings.text("QUEUE_URL"),
        dead_letters_url=settings.text("DEAD_LETTERS_URL"),
    ),
    # Longer than an API may take (29 s): events that are put again out of impatience are on the stream twice.
    # What fails comes again from the queue.
    pinpoint=client("pinpoint", attempts=1, read_timeout=32),
    threads=ThreadPoolExecutor(max_workers=10),
)


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with the messages that come again."""
    again, counts = _SENDER.process(event["Records"])
    emit({"Channel": _CHANNEL}, counts, time.time())
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in again]}
