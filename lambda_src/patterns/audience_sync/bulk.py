"""Changes by file: written where files of endpoints are imported, and watched until the import is over.

In this order, so that nothing is lost wherever a worker dies: a message that stands for the file; what may
be in it, change by change; the claims; the file. Without the file the claims are given back, and the changes
come again from the queue.
"""

import json
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from patterns.audience_sync.applying import Applier, ClaimedRun, InTime, Outcomes
from patterns.audience_sync.backlog import Backlog
from patterns.audience_sync.change import missing_for_a_new_endpoint
from patterns.audience_sync.project import MOST_ITEMS
from patterns.audience_sync.runs import Fate, Run
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import Again, EnqueueFailed, Letter, enqueue

# Longer than an import may take (24 hours), and than its report is waited for.
LEASE: Final = 27 * 3600.0
_LOG = logger(__name__)
_FIRST_LOOK: Final = 5
_RETRY: Final = Again(60.0)
_PORTION: Final = 250


@dataclass(frozen=True)
class File:
    """One file of changes and what belongs to it.

    Attributes:
        name: 32 hex digits.
    """

    name: str

    @property
    def holder(self) -> str:
        """Under which name its claims are held."""
        return f"file#{self.name}"

    @property
    def key(self) -> str:
        """Where the endpoints are, one a line."""
        return f"endpoints/audience-sync/{self.name}.jsonl"

    @property
    def changes_key(self) -> str:
        """Where the changes are, one claimed endpoint a line."""
        return f"changes/{self.name}.jsonl"

    @property
    def reports(self) -> str:
        """What the key of the import's report begins with."""
        return f"reports/audience-sync/{self.name}.jsonl/"


@dataclass(frozen=True)
class Bulk:
    """The way by file.

    Attributes:
        s3: A boto3 S3 client.
        bucket: Where files below `endpoints/` are imported.
        sqs: A boto3 SQS client.
        files_url: The queue of the files that are not over.
        backlog: Says when this is the way.
        clock: Epoch seconds.
    """

    s3: Any
    bucket: str
    sqs: Any
    files_url: str
    backlog: Backlog
    clock: Callable[[], float] = time.time

    def part(self, runs: Sequence[Run], *, but: Collection[str]) -> tuple[list[Run], list[Run]]:
        """Those runs that go by file now, and the others.

        Args:
            but: Endpoints, by their ids in lower case, that must not: the next change of theirs waits here.
        """
        if len(runs) <= MOST_ITEMS or not self.backlog.is_long():
            return [], list(runs)
        filed = [run for run in runs if run.endpoint_id.lower() not in but and _fits(run)]
        if len(filed) <= MOST_ITEMS:
            return [], list(runs)
        chosen = {id(run) for run in filed}
        return filed, [run for run in runs if id(run) not in chosen]

    def file(self, runs: Sequence[Run], applier: Applier, in_time: InTime) -> Outcomes:
        """Claim runs, as far as there is time, and write them into one file."""
        file = File(uuid.uuid4().hex)
        try:
            body = json.dumps({"file": file.name, "at": self.clock()})
            enqueue(self.sqs, self.files_url, [Letter(body, delay=_FIRST_LOOK)])
            self._put(file.changes_key, map(_changes, runs))
        except (ClientError, BotoCoreError, EnqueueFailed) as error:
            _LOG.error("no file begun", extra={"why": type(error).__name__})
            return {part: _RETRY for run in runs for part in run.parts}
        claimed, outcomes = _claimed(runs, file, applier, in_time)
        rows = [one for one in claimed if _fits(one.run)]
        outcomes |= applier.update([one for one in claimed if not _fits(one.run)], in_time)
        fate: Fate | Again = Fate.FILED
        try:
            if rows:
                self._put(file.key, (one.run.item for one in rows))
        except (ClientError, BotoCoreError) as error:
            # Whether it is there is not known: who watches the file finds out.
            _LOG.error("a file may not be written", extra={"why": type(error).__name__})
            fate = _RETRY
        _LOG.info("changes filed", extra={"file": file.name, "endpoints": len(rows)})
        return outcomes | {part: fate for one in rows for part in one.run.parts}

    def _put(self, key: str, lines: Iterable[object]) -> None:
        content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content.encode())


def _claimed(
    runs: Sequence[Run], file: File, applier: Applier, in_time: InTime
) -> tuple[list[ClaimedRun], Outcomes]:
    claimed: list[ClaimedRun] = []
    outcomes: Outcomes = {}
    for start in range(0, len(runs), _PORTION):
        portion = runs[start : start + _PORTION]
        if in_time():
            more, ended = applier.claim(portion, file.holder, LEASE)
            claimed += more
            outcomes |= ended
        else:
            outcomes |= {part: _RETRY for run in portion for part in run.parts}
    return claimed, outcomes


def _fits(run: Run) -> bool:
    """A file's rows are complete endpoints; deletions have no place in it, nor what came back from one."""
    if run.deletes or any(part.change.by_api for part in run.parts):
        return False
    return missing_for_a_new_endpoint(run.item) is None


def _changes(run: Run) -> dict[str, object]:
    return {
        "endpoint_id": run.endpoint_id,
        "version": run.version,
        "messages": [part.change.message() for part in run.parts],
    }
