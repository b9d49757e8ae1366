"""The step that says what became of a file: an object in the bucket and a notification, every time."""

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from patterns.segment_import.source import Source
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, redact, with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.settings import text

_LOG: Final = logger(__name__)
_S3: Final = client("s3")
_SNS: Final = client("sns")
_PINPOINT: Final = client("pinpoint")
_TOPIC: Final = text("TOPIC_ARN")
_LONGEST_CAUSE: Final = 1000


@with_request
def handler(state: Mapping[str, Any], context: object) -> None:  # noqa: ARG001
    """Write the report and tell the topic."""
    source = Source.from_state(state)
    report = report_on(source, state)
    content = json.dumps({**report, "failures": _failures(state)}, indent=2, ensure_ascii=False)
    _S3.put_object(
        Bucket=source.bucket, Key=source.report_key, Body=content.encode(), ContentType="application/json"
    )
    _SNS.publish(
        TopicArn=_TOPIC,
        Subject=f"{'Segment' if source.defines_segment else 'Endpoint'} import: {report['outcome']}",
        Message=json.dumps({**report, "report_key": source.report_key}, ensure_ascii=False),
        MessageAttributes={"outcome": {"DataType": "String", "StringValue": report["outcome"]}},
    )
    emit({"Pattern": "SegmentImport", "Prefix": source.prefix}, counts_of(report), time.time())
    _LOG.info("import reported", extra={"outcome": report["outcome"], "report": source.report_key})


def counts_of(report: Mapping[str, Any]) -> dict[str, int]:
    """What a report adds to the pattern's metrics."""
    counts = {
        f"Files{report['outcome'].capitalize()}": 1,
        "RowsAccepted": report["accepted"],
        "RowsQuarantined": report["quarantined"],
        "RowsNotImported": report["import_failures"],
    }
    if "campaign" in report:
        started = report["campaign"]["outcome"] == "STARTED"
        counts["CampaignsStarted" if started else "CampaignsNotStarted"] = 1
    return counts


def report_on(source: Source, state: Mapping[str, Any]) -> dict[str, Any]:
    """What became of a file, in counts: no row and no address is in it.

    Args:
        source: The file.
        state: What the steps left: `check`, `job`, `send`, and `error` if one of them failed.
    """
    checked, job = state.get("check", {}), state.get("job", {})
    report: dict[str, Any] = {
        "outcome": _outcome(state),
        "segment": checked.get("segment"),
        "source": {"bucket": source.bucket, "key": source.key, "version_id": source.version_id},
        "rows": checked.get("rows", 0),
        "accepted": checked.get("accepted", 0),
        "quarantined": checked.get("quarantined", 0),
        "quarantined_by_reason": checked.get("quarantined_by_reason", {}),
        "quarantine_key": checked.get("quarantine_key"),
        "job_id": job.get("id"),
        "job_status": job.get("status"),
        "segment_id": job.get("segment_id"),
        "import_processed": job.get("processed", 0),
        "import_failures": job.get("failures", 0),
    }
    if checked.get("outcome") == "REFUSED":
        report["refused"] = {"reason": checked["reason"], "detail": checked["detail"]}
    if source.is_sent_to:
        report["campaign"] = _campaign(state.get("send", {}))
    if "error" in state:
        report["error"] = {
            "name": state["error"].get("Error", ""),
            "cause": redact(str(state["error"].get("Cause", "")))[:_LONGEST_CAUSE],
        }
    return report


def _campaign(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What came of the campaign, if anything did."""
    name = sent.get("campaign_name")
    match sent.get("outcome"):
        case "STARTED":
            return {"outcome": "STARTED", "id": sent["campaign_id"], "name": name}
        case "TURN":
            # The call was made, and nobody heard its answer: who looks for the name will know.
            return {"outcome": "UNKNOWN", "reason": "no_answer", "name": name}
        case "NOT_SENT" | "FAILED" as outcome:
            return {"outcome": outcome, "reason": sent["reason"], "detail": redact(sent["detail"])}
        case "WAIT":
            return {"outcome": "NOT_SENT", "reason": "turn_never_came"}
        case _:
            return {"outcome": "NOT_SENT", "reason": "not_imported"}


def _failures(state: Mapping[str, Any]) -> list[str]:
    """What the import job itself could not take, in the service's words: the first hundred.

    They are fetched here so that they never pass through the state machine and its log.
    """
    job = state.get("job", {})
    if not job.get("failures") and job.get("status") != "FAILED":
        return []
    answer = _PINPOINT.get_import_job(ApplicationId=text("APPLICATION_ID"), JobId=job["id"])
    failures: list[str] = answer["ImportJobResponse"].get("Failures", [])
    return failures


def _outcome(state: Mapping[str, Any]) -> str:
    if "error" in state or "FAILED" in (
        state.get("job", {}).get("status"),
        state.get("send", {}).get("outcome"),
    ):
        return "FAILED"
    return "REFUSED" if state["check"]["outcome"] == "REFUSED" else "IMPORTED"
