"""The function that puts events into the project: a queue in front, PutEvents behind."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from patterns.user_events.ingest import Ingest
from patterns.user_events.putting import Putting
from patterns.user_events.users import Users
from pinpoint_runtime.clients import client
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.pace import Pace
from pinpoint_runtime.queues import SourceQueue
from pinpoint_runtime.settings import flag, text, whole_number

_PATTERN: Final = {"Pattern": "UserEvents"}
_APPLICATION: Final = text("APPLICATION_ID")
_TABLE: Final = text("LEDGER_TABLE")
_DYNAMODB: Final = client("dynamodb")
_LEDGER: Final = Ledger(_DYNAMODB, _TABLE, lease=whole_number("LEASE_SECONDS"))
_THREADS: Final = ThreadPoolExecutor(max_workers=10)
_INGEST: Final = Ingest(
    putting=Putting(
        # Longer than an API may take (29 s), and repeated by the queue alone: each call keeps the pace.
        pinpoint=client("pinpoint", attempts=1, read_timeout=32),
        application_id=_APPLICATION,
        ledger=_LEDGER,
        pace=Pace(_DYNAMODB, _TABLE, "PutEvents", per_second=whole_number("CALLS_PER_SECOND")),
        threads=_THREADS,
        most_attempts=whole_number("MAX_ATTEMPTS"),
    ),
    users=Users(client("pinpoint"), _APPLICATION, _THREADS),
    ledger=_LEDGER,
    queue=SourceQueue(client("sqs"), url=text("QUEUE_URL"), dead_letters_url=text("DEAD_LETTERS_URL")),
    naive_is_utc=flag("NAIVE_IS_UTC"),
    patience=whole_number("GIVE_UP_AFTER_SECONDS"),
    budget=whole_number("BUDGET_SECONDS"),
)


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with the messages that come again."""
    again, counted = _INGEST.process(event["Records"])
    now = time.time()
    emit(_PATTERN, counted.counts, now)
    for reason, count in counted.rejected.items():
        emit({**_PATTERN, "Reason": reason}, {"Rejected": count}, now)
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in again]}
