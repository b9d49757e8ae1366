"""The worker on the queue of changes."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from patterns.audience_sync.applying import Applier
from patterns.audience_sync.backlog import Backlog
from patterns.audience_sync.bulk import Bulk
from patterns.audience_sync.pace import Pace
from patterns.audience_sync.project import Project
from patterns.audience_sync.state import EndpointStates
from patterns.audience_sync.sync import Mailbox, Sync
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.settings import text, whole_number

# A call waits its turn (10 s) and then for an answer (32 s); what it came to has to be written down, too.
_LONGEST_CALL_MS: Final = 55_000
_MOST_IN_A_FILE: Final = 5_000
_GATHERING_SECONDS: Final = 30.0
_DYNAMODB: Final = client("dynamodb")
_SQS: Final = client("sqs")
_TABLE: Final = text("STATE_TABLE")
_THREADS: Final = ThreadPoolExecutor(max_workers=16)
_BACKLOG: Final = Backlog(
    _SQS,
    url=text("QUEUE_URL"),
    files_url=text("FILES_QUEUE_URL"),
    import_above=whole_number("IMPORT_ABOVE"),
)
_SYNC: Final = Sync(
    applier=Applier(
        states=EndpointStates(_DYNAMODB, _TABLE, keep_deleted=whole_number("KEEP_DELETED_SECONDS")),
        project=Project(
            # Longer than the API may take (29 s); what fails comes again from the queue.
            client("pinpoint", attempts=1, read_timeout=32),
            text("APPLICATION_ID"),
            updates=Pace(_DYNAMODB, _TABLE, "updates", per_second=whole_number("BATCHES_PER_SECOND")),
            deletions=Pace(_DYNAMODB, _TABLE, "deletions", per_second=whole_number("DELETIONS_PER_SECOND")),
        ),
        threads=_THREADS,
        lease=whole_number("LEASE_SECONDS"),
    ),
    bulk=Bulk(
        s3=client("s3"),
        bucket=text("IMPORT_BUCKET"),
        sqs=_SQS,
        files_url=text("FILES_QUEUE_URL"),
        backlog=_BACKLOG,
    ),
    mailbox=Mailbox(_SQS, url=text("QUEUE_URL"), dead_letters_url=text("DEAD_LETTERS_URL")),
    patience=whole_number("GIVE_UP_AFTER_SECONDS"),
)


@with_request
def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Answer with the messages that come again."""
    handed: list[Mapping[str, Any]] = list(event["Records"])
    taken = (
        _BACKLOG.take(_MOST_IN_A_FILE - len(handed), _THREADS, seconds=_GATHERING_SECONDS)
        if _BACKLOG.is_long()
        else []
    )
    again, counts = _SYNC.process(
        [*handed, *taken], lambda: context.get_remaining_time_in_millis() > _LONGEST_CALL_MS
    )
    coming = set(again)
    _BACKLOG.delete([record for record in taken if record["messageId"] not in coming])
    emit({"Pattern": "AudienceSync"}, counts, time.time())
    ours = {record["messageId"] for record in handed}
    return {"batchItemFailures": [{"itemIdentifier": each} for each in again if each in ours]}
