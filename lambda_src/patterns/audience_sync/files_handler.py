"""The worker on the queue of files: looks whether an import is over, and settles what was in the file."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from patterns.audience_sync.imported import ImportedFiles
from patterns.audience_sync.state import EndpointStates
from patterns.audience_sync.sync import Mailbox
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.queues import Again, Dead, End, Finished, SourceQueue, backoff
from pinpoint_runtime.settings import text, whole_number

_LONGEST_WAIT: Final = 60.0
_SQS: Final = client("sqs")
_QUEUE: Final = SourceQueue(_SQS, url=text("QUEUE_URL"), dead_letters_url=text("DEAD_LETTERS_URL"))
_FILES: Final = ImportedFiles(
    states=EndpointStates(
        client("dynamodb"), text("STATE_TABLE"), keep_deleted=whole_number("KEEP_DELETED_SECONDS")
    ),
    s3=client("s3"),
    bucket=text("IMPORT_BUCKET"),
    mailbox=Mailbox(_SQS, url=text("CHANGES_QUEUE_URL"), dead_letters_url=text("CHANGES_DEAD_LETTERS_URL")),
    threads=ThreadPoolExecutor(max_workers=16),
)


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with the files that are not over."""
    counts = Counter[str]()
    ends = [(record, _end(record, counts)) for record in event["Records"]]
    again = _QUEUE.settle(ends)
    emit({"Pattern": "AudienceSync"}, counts, time.time())
    return {"batchItemFailures": [{"itemIdentifier": each} for each in again]}


def _end(record: Mapping[str, Any], counts: Counter[str]) -> End:
    try:
        message = json.loads(record["body"])
        name, filed_at = str(message["file"]), float(message["at"])
    except (ValueError, KeyError, TypeError):
        return Dead("unreadable: the message names no file")
    ended = _FILES.settle(name, filed_at)
    if ended is None:
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        return Again(backoff(receives, longest=_LONGEST_WAIT))
    counts.update(ended)
    return Finished()
