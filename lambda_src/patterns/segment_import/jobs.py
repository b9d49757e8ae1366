"""The steps that start an import job and look after it."""

from collections.abc import Mapping
from typing import Any, Final

from patterns.segment_import.marks import first_attempt
from patterns.segment_import.source import Source
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, with_request
from pinpoint_runtime.settings import text

_LOG: Final = logger(__name__)
_LONGEST_WAIT: Final = 30
# Six hours at the longest wait; an import of the largest file takes a fraction of that.
_MOST_POLLS: Final = 720
# A job made twice is a segment made twice: the call is repeated by nobody but `start`, who looks first.
# It is waited for longer than an API may take (29 s): who gives up earlier looks before the job is there.
_CREATING: Final = client("pinpoint", attempts=1, read_timeout=32)
_READING: Final = client("pinpoint")
_LEDGER: Final = client("dynamodb")
_APPLICATION: Final = text("APPLICATION_ID")


class JobTooSlow(Exception):
    """An import job neither completed nor failed in six hours."""


@with_request
def start(state: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Start the import of what was accepted, or find the job that an earlier attempt started."""
    source, checked = Source.from_state(state), state["check"]
    s3_url = f"s3://{source.bucket}/{checked['accepted_key']}"
    request: dict[str, Any] = {
        "Format": checked["format"],
        "S3Url": s3_url,
        "RoleArn": text("IMPORT_ROLE_ARN"),
        "RegisterEndpoints": True,
        "DefineSegment": source.defines_segment,
    }
    if source.defines_segment:
        request["SegmentName"] = checked["segment"]
    tried_before = not first_attempt(_LEDGER, text("LEDGER_TABLE"), source, "starting")
    job = _find(s3_url) if tried_before else None
    if job is None:
        job = _CREATING.create_import_job(ApplicationId=_APPLICATION, ImportJobRequest=request)[
            "ImportJobResponse"
        ]
        _LOG.info("import started", extra={"job_id": job["Id"], "tried_before": tried_before})
    return {"id": job["Id"], "done": False, "status": job["JobStatus"], "polls": 0, "wait_seconds": 1}


@with_request
def poll(state: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Say how far the import is, and how long to wait until the next look.

    Raises:
        JobTooSlow: It takes longer than any import should.
    """
    polls = state["job"]["polls"] + 1
    job = _READING.get_import_job(ApplicationId=_APPLICATION, JobId=state["job"]["id"])["ImportJobResponse"]
    done = job["JobStatus"] in ("COMPLETED", "FAILED")
    if not done and polls > _MOST_POLLS:
        raise JobTooSlow(f"import job {job['Id']} is still {job['JobStatus']} after six hours")
    return {
        "id": job["Id"],
        "segment_id": job["Definition"].get("SegmentId"),
        "done": done,
        "status": job["JobStatus"],
        "processed": job.get("TotalProcessed", 0),
        "failures": job.get("TotalFailures", 0),
        "polls": polls,
        "wait_seconds": min(_LONGEST_WAIT, 1 + polls // 4),
    }


def _find(s3_url: str) -> dict[str, Any] | None:
    """The job that imports this very object, if there is one: nobody else imports from its key."""
    page: dict[str, Any] = {}
    while True:
        found: dict[str, Any] = _READING.get_import_jobs(ApplicationId=_APPLICATION, **page)[
            "ImportJobsResponse"
        ]
        jobs: list[dict[str, Any]] = found["Item"]
        if job := next((job for job in jobs if job["Definition"]["S3Url"] == s3_url), None):
            return job
        if not found.get("NextToken"):
            return None
        page = {"Token": found["NextToken"]}
