"""The step that says what became of a file: an object in the bucket and a notification, every time."""

import json
from collections.abc import Mapping
from typing import Any, Final

from patterns.segment_import.source import Source
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, redact, with_request
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
    _LOG.info("import reported", extra={"outcome": report["outcome"], "report": source.report_key})


def report_on(source: Source, state: Mapping[str, Any]) -> dict[str, Any]:
    """What became of a file, in counts: no row and no address is in it.

    Args:
        source: The file.
        state: What the steps left: `check`, `job`, and `error` if one of them failed.
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
    if "error" in state:
        report["error"] = {
            "name": state["error"].get("Error", ""),
            "cause": redact(str(state["error"].get("Cause", "")))[:_LONGEST_CAUSE],
        }
    return report


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
    if "error" in state or state.get("job", {}).get("status") == "FAILED":
        return "FAILED"
    return "REFUSED" if state["check"]["outcome"] == "REFUSED" else "IMPORTED"
