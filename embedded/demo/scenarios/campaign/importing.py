"""Dropping the file in, and reading what the import pattern says of it."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded.demo.account import Account
from embedded.demo.ledger import Cell
from embedded.demo.report import Narrator
from embedded.demo.scenario import ScenarioFailed

_IMPORT_SECONDS, _SECONDS_A_ROW = 120.0, 0.05


class ImportStuck(ScenarioFailed):
    """No report came, or it tells of no segment."""


@dataclass(frozen=True)
class Imported:
    """What became of the file.

    Args:
        segment_id: The segment that it became.
        counts: What the report, the quarantine and the segment say.
    """

    segment_id: str
    counts: Mapping[Cell, int]


def import_file(account: Account, segment_name: str, content: bytes, narrator: Narrator) -> Imported:
    """Puts the file where the pattern looks for files, and waits for its report.

    Args:
        account: Where to.
        segment_name: What the segment is to be called.
        content: The file.
        narrator: Told how it goes.

    Raises:
        ImportStuck: No report came in time, or it tells of no segment.
    """
    bucket = _Bucket(account.client("s3"), account.output("SegmentImport", "BucketName"))
    before = bucket.keys()
    bucket.s3.put_object(Bucket=bucket.name, Key=f"segments/{segment_name}/endpoints.csv", Body=content)
    patience = _IMPORT_SECONDS + _SECONDS_A_ROW * content.count(b"\n")
    report = _report(bucket, before, patience, narrator)
    if report is None:
        raise ImportStuck(f"no report after {patience:.0f} s; its executions: {_executions(account)}")
    if not report.get("segment_id"):
        raise ImportStuck(f"the report tells of no segment: {report}")
    segment = account.client("pinpoint").get_segment(
        ApplicationId=account.output("Project", "ApplicationId"), SegmentId=report["segment_id"]
    )["SegmentResponse"]
    quarantine = [json.loads(line) for line in bucket.text("quarantine/", before).splitlines()]
    return Imported(report["segment_id"], import_counts(report, quarantine, segment))


def import_counts(
    report: Mapping[str, Any], quarantine: list[dict[str, Any]], segment: Mapping[str, Any]
) -> dict[Cell, int]:
    """What the three say, as cells.

    Args:
        report: The report object.
        quarantine: The rows that were put aside.
        segment: The segment as the API shows it.
    """
    reasons = Counter(row["reason"] for row in quarantine)
    return {
        Cell("File", "rows"): report["rows"],
        Cell("File", "accepted"): report["accepted"],
        Cell("File", "quarantined"): report["quarantined"],
        **{Cell("Quarantine", reason): count for reason, count in reasons.items()},
        Cell("Segment", "endpoints imported"): segment["ImportDefinition"]["Size"],
        Cell("Segment", "rows the import refused"): report["import_failures"],
    }


@dataclass(frozen=True)
class _Bucket:
    s3: Any
    name: str

    def keys(self, prefix: str = "") -> set[str]:
        listed = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return {one["Key"] for one in listed}

    def text(self, prefix: str, before: set[str]) -> str:
        """What the objects hold that came since."""
        new = sorted(self.keys(prefix) - before)
        bodies = (self.s3.get_object(Bucket=self.name, Key=key)["Body"].read().decode() for key in new)
        return "".join(bodies)


def _executions(account: Account) -> list[str]:
    """How far the pattern's state machine came: without any execution, the file was never heard of."""
    steps, machine = account.client("stepfunctions"), account.output("SegmentImport", "StateMachineArn")
    return [one["status"] for one in steps.list_executions(stateMachineArn=machine)["executions"]]


def _report(bucket: _Bucket, before: set[str], patience: float, narrator: Narrator) -> dict[str, Any] | None:
    narrator.detail("rows are checked one by one, then imported")
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        text = bucket.text("reports/", before)
        if text:
            report: dict[str, Any] = json.loads(text)
            return report
        time.sleep(0.3)
    return None
