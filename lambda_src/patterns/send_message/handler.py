"""The function that sends what producers ask for: a queue in front, the Pinpoint API behind."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from patterns.send_message.acceptance import Acceptances
from patterns.send_message.calls import Caller
from patterns.send_message.claims import Claims
from patterns.send_message.recipients_file import RecipientsFiles
from patterns.send_message.results import Teller
from patterns.send_message.sending import Sending
from patterns.send_message.targets import Directory
from patterns.send_message.worker import Worker
from pinpoint_runtime.clients import client
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.queues import SourceQueue
from pinpoint_runtime.settings import text, whole_number

_KEEP_SECONDS: Final = 30 * 86_400.0
_APPLICATION: Final = text("APPLICATION_ID")
_TABLE: Final = text("LEDGER_TABLE")
_DYNAMODB: Final = client("dynamodb")
_SQS: Final = client("sqs")
_READER: Final = client("pinpoint")
# Longer than an API may take (29 s), and never repeated: it might be sent twice.
_SENDER: Final = client("pinpoint", attempts=1, read_timeout=32)
_THREADS: Final = ThreadPoolExecutor(max_workers=10)
_WORKER: Final = Worker(
    channels=frozenset(text("CHANNELS").split(",")),
    model=_SENDER.meta.service_model,
    acceptances=Acceptances(_DYNAMODB, _TABLE, keep=_KEEP_SECONDS),
    files=RecipientsFiles(client("s3"), text("BUCKET")),
    sending=Sending(
        directory=lambda: Directory(_READER, _APPLICATION, _THREADS),
        claims=Claims(
            Ledger(_DYNAMODB, _TABLE, lease=whole_number("LEASE_SECONDS"), keep=_KEEP_SECONDS),
            max_attempts=whole_number("MAX_ATTEMPTS"),
        ),
        caller=Caller(_SENDER, _APPLICATION),
        teller=Teller(client("events"), text("EVENT_BUS"), _THREADS),
        threads=_THREADS,
        callers=ThreadPoolExecutor(max_workers=4),
        patience=whole_number("GIVE_UP_AFTER_SECONDS"),
        budget=whole_number("BUDGET_SECONDS"),
    ),
    queue=SourceQueue(_SQS, url=text("QUEUE_URL"), dead_letters_url=text("DEAD_LETTERS_URL")),
    sqs=_SQS,
    queue_url=text("QUEUE_URL"),
    threads=_THREADS,
)
_DIMENSIONS: Final = {"Pattern": "SendMessage"}


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with the messages that come again."""
    again, counts = _WORKER.process(event["Records"])
    emit(_DIMENSIONS, counts, time.time())
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in again]}
