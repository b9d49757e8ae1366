"""What became of a file of changes: each is applied, refused with the reason, or goes on by call."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, Final

from botocore.exceptions import ClientError

from patterns.audience_sync.bulk import File
from patterns.audience_sync.change import Change, Kind
from patterns.audience_sync.message import Changes, read_message
from patterns.audience_sync.state import Claimed, EndpointStates
from patterns.audience_sync.sync import Mailbox
from pinpoint_runtime.queues import Letter

# The state machine of the import gives up after 24 hours.
_LONGEST_IMPORT: Final = 25 * 3600.0
# Longer than the worker may take that wrote, or did not write, the file.
_LONGEST_WRITING: Final = 600.0
_FAILURE: Final = re.compile(r"\bline (\d+)\b[^:]*: *(.*)", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """One claimed endpoint of a file, with its changes."""

    claim: Claimed
    changes: tuple[Change, ...]


@dataclass
class _Ends:
    """What is to be done with a file's entries."""

    applied: list[Entry] = field(default_factory=list[Entry])
    refused: list[tuple[Entry, str]] = field(default_factory=list[tuple[Entry, str]])
    returned: list[Entry] = field(default_factory=list[Entry])


@dataclass(frozen=True)
class ImportedFiles:
    """Settles the changes of files whose import is over.

    Attributes:
        states: Where the claims are.
        s3: A boto3 S3 client.
        bucket: Where the files and reports are.
        mailbox: The queue of changes and its dead letters.
        threads: Settlements at a time.
        clock: Epoch seconds.
    """

    states: EndpointStates
    s3: Any
    bucket: str
    mailbox: Mailbox
    threads: Executor
    clock: Callable[[], float] = time.time

    def settle(self, name: str, filed_at: float) -> Counter[str] | None:
        """Settle a file; None if it has to be looked at again later.

        Args:
            name: The file's.
            filed_at: When it was begun, epoch seconds.

        Returns:
            How many changes ended how.
        """
        file = File(name)
        report = self._report(file)
        age = self.clock() - filed_at
        if report is None and age < _LONGEST_WRITING:
            return None
        rows = [str(row["Id"]) for row in self._lines(file.key)]
        if report is None and rows and age < _LONGEST_IMPORT:
            return None
        entries = {entry.claim.endpoint_id.lower(): entry for entry in self._entries(file)}
        if not rows:
            # The worker died before it wrote the file: the changes are still in the queue.
            self._suspend(list(entries.values()))
            return Counter()
        filed = [entries[row.lower()] for row in rows]
        return self._end(_all_returned(filed) if report is None else self._ends(filed, report))

    def _ends(self, filed: Sequence[Entry], report: Mapping[str, Any]) -> _Ends:
        """By what the report says; where it does not say which rows failed, all go on by call."""
        refusal = report.get("refused", {}).get("reason")
        if report["outcome"] == "FAILED" or refusal not in (None, "no_good_row"):
            return _all_returned(filed)
        quarantined = {
            int(line["line"]): f"{line['reason']}: {line['detail']}"
            for line in (self._lines(report["quarantine_key"]) if report.get("quarantine_key") else ())
        }
        ends = _Ends(refused=[(filed[line - 1], reason) for line, reason in quarantined.items()])
        accepted = [entry for line, entry in enumerate(filed, 1) if line not in quarantined]
        failed = _failures(report, len(accepted))
        if len(failed) != report["import_failures"]:
            ends.returned += accepted
            return ends
        ends.refused += [(accepted[line - 1], reason) for line, reason in failed.items()]
        ends.applied += [entry for line, entry in enumerate(accepted, 1) if line not in failed]
        return ends

    def _end(self, ends: _Ends) -> Counter[str]:
        alone = [(entry, reason) for entry, reason in ends.refused if len(entry.changes) == 1]
        # Which of several changes is to blame is found out by calls.
        returned = [*ends.returned, *(entry for entry, _ in ends.refused if len(entry.changes) > 1)]
        self.mailbox.bury([Letter(entry.changes[0].message(), reason) for entry, reason in alone])
        for entry, _ in alone:
            self.states.release(entry.claim)
        again = [change for entry in returned for change in entry.changes]
        self.mailbox.send([Letter(replace(change, by_api=True).message()) for change in again])
        self._suspend(returned)
        self._applied(ends.applied)
        counts = {
            "Applied": sum(len(entry.changes) for entry in ends.applied),
            "DeadLettered": len(alone),
            "Returned": len(again),
        }
        return +Counter(counts)

    def _applied(self, entries: Sequence[Entry]) -> None:
        list(self.threads.map(self._apply, entries))
        # A user who was deleted while the file was under way had these endpoints not yet.
        users = {entry.claim.endpoint_id: entry.changes[-1].user_id for entry in entries}
        deleted = self.states.deleted_users({user for user in users.values() if user})
        late = [
            Change(Kind.DELETE, entry.claim.endpoint_id, version)
            for entry in entries
            if (version := deleted.get(users[entry.claim.endpoint_id] or "", -1)) > entry.claim.version
        ]
        self.mailbox.send([Letter(change.message()) for change in late])

    def _apply(self, entry: Entry) -> None:
        self.states.applied(entry.claim, entry.claim.version, exists=True)

    def _suspend(self, entries: Sequence[Entry]) -> None:
        list(self.threads.map(self.states.suspend, [entry.claim for entry in entries]))

    def _report(self, file: File) -> dict[str, Any] | None:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=file.reports, MaxKeys=1).get("Contents")
        if not found:
            return None
        answer = self.s3.get_object(Bucket=self.bucket, Key=found[0]["Key"])
        report: dict[str, Any] = json.load(answer["Body"])
        return report

    def _entries(self, file: File) -> Iterator[Entry]:
        for line in self._lines(file.changes_key):
            changes: list[Change] = []
            for message in line["messages"]:
                read = read_message(message)
                changes += read.changes if isinstance(read, Changes) else ()
            claim = Claimed(line["endpoint_id"], line["version"], file.holder)
            yield Entry(claim, tuple(changes))

    def _lines(self, key: str) -> list[dict[str, Any]]:
        try:
            content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return []
            raise
        return [json.loads(line) for line in content.split(b"\n") if line]


def _all_returned(entries: Sequence[Entry]) -> _Ends:
    return _Ends(returned=list(entries))


def _failures(report: Mapping[str, Any], rows: int) -> dict[int, str]:
    """The reasons by line, as far as the job says them; its words are no documented format."""
    found: dict[int, str] = {}
    for failure in report.get("failures", ()):
        match = _FAILURE.search(failure)
        if match and 1 <= int(match[1]) <= rows:
            found[int(match[1])] = match[2]
    return found
