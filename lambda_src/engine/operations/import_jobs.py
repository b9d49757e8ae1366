"""Import jobs: asked for here, worked on behind the imports queue.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-jobs-import.html
"""

import re
from typing import Any, Final

from engine import choices
from engine.acceptance import accept
from engine.context import Context, iso
from engine.errors import BadRequest, NotFound
from engine.operations.apps import require_application
from engine.operations.documents import import_job_key, page, public, segment_key
from engine.operations.event_stream import ROLE
from engine.operations.registry import Request
from engine.operations.segments import require_segment
from engine.operations.versions import version_write
from engine.protocol.paging import make_token, read_size, read_token
from engine.store import Document, Item, Put, Write

_S3_URL: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*", re.DOTALL)


def create_import_job(context: Context, request: Request) -> dict[str, Any]:
    """CreateImportJob: the segment's id is known at once, the segment usable when the job is done."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    definition: Document = dict(request["ImportJobRequest"])
    for flag in ("RegisterEndpoints", "DefineSegment"):
        definition.setdefault(flag, choices.OMITTED_IMPORT_FLAG)
    _check(definition)
    job_id = context.new_id()
    moment = iso(context.now())
    writes: list[Write] = []
    if definition["DefineSegment"]:
        segment = _segment(context, application_id, definition, job_id, moment)
        definition["SegmentId"] = segment["Id"]
        definition["SegmentName"] = segment["Name"]
        writes += [Put(segment_key(application_id, segment["Id"]), segment), version_write(segment)]
    job: Document = {
        "Id": job_id,
        "ApplicationId": application_id,
        "JobStatus": "CREATED",
        "CreationDate": moment,
        "Type": "IMPORT",
        "Definition": definition,
    }
    writes.append(Put(import_job_key(application_id, job_id), job, expected=0))
    plan = {"Kind": "plan", "ApplicationId": application_id, "JobId": job_id}
    accept(context, "imports", plan, writes)
    return job


def get_import_job(context: Context, request: Request) -> dict[str, Any]:
    """GetImportJob."""
    require_application(context, request["ApplicationId"])
    item = context.store.get(import_job_key(request["ApplicationId"], request["JobId"]))
    if item is None:
        raise NotFound(f"no import job has the id {request['JobId']!r}")
    return public(item)


def get_import_jobs(context: Context, request: Request) -> dict[str, Any]:
    """GetImportJobs."""
    require_application(context, request["ApplicationId"])
    return page(context, f"IMPORTS#{request['ApplicationId']}", request)


def get_segment_import_jobs(context: Context, request: Request) -> dict[str, Any]:
    """GetSegmentImportJobs: the jobs that defined one segment."""
    application_id, segment_id = request["ApplicationId"], request["SegmentId"]
    require_application(context, application_id)
    require_segment(context, application_id, segment_id)
    size = read_size(request.get("PageSize"))
    scope = f"segment jobs\n{application_id}\n{segment_id}"
    after = read_token(scope, request.get("Token"))
    found: list[Item] = []
    for item in context.store.query(f"IMPORTS#{application_id}", after=after):
        if item.doc["Definition"].get("SegmentId") == segment_id:
            found.append(item)
        if len(found) > size:
            break
    page = found[:size]
    token = make_token(scope, page[-1].key.sk) if len(found) > size else None
    return {"Item": [public(item) for item in page], "NextToken": token}


def _check(definition: Document) -> None:
    if not definition["RegisterEndpoints"] and not definition["DefineSegment"]:
        raise BadRequest(
            "ImportJobRequest must set RegisterEndpoints or DefineSegment or both: with neither, the import "
            "would have no effect"
        )
    if not _S3_URL.fullmatch(definition["S3Url"]):
        raise BadRequest(
            f"ImportJobRequest.S3Url must be s3://bucket/key or prefix, got {definition['S3Url'][:120]!r}"
        )
    if not ROLE.fullmatch(definition["RoleArn"]):
        raise BadRequest(
            f"ImportJobRequest.RoleArn must be a role's ARN, got {definition['RoleArn'][:120]!r}"
        )
    if definition.get("SegmentId") and not definition["DefineSegment"]:
        raise BadRequest("ImportJobRequest.SegmentId is only allowed when DefineSegment is true")


def _segment(
    context: Context, application_id: str, definition: Document, job_id: str, moment: str
) -> Document:
    """The segment that a job defines: a new one, or the next version of an imported one."""
    former = None
    if definition.get("SegmentId"):
        former = require_segment(context, application_id, definition["SegmentId"]).doc
        if former["SegmentType"] != "IMPORT":
            raise BadRequest("ImportJobRequest.SegmentId must name an imported segment, not a dynamic one")
    segment_id: str = former["Id"] if former else context.new_id()
    return {
        "Id": segment_id,
        "ApplicationId": application_id,
        "Arn": f"{context.application_arn(application_id)}/segments/{segment_id}",
        "Name": definition.get("SegmentName") or (former["Name"] if former else job_id),
        "SegmentType": "IMPORT",
        "CreationDate": former["CreationDate"] if former else moment,
        "LastModifiedDate": moment,
        "Version": former["Version"] + 1 if former else 1,
        "ImportDefinition": {
            "ExternalId": definition.get("ExternalId", ""),
            "Format": definition["Format"],
            "RoleArn": definition["RoleArn"],
            "S3Url": definition["S3Url"],
            "Size": 0,
            "ChannelCounts": {},
        },
        "tags": former.get("tags", {}) if former else {},
        "_": {"Status": "PENDING", "JobId": job_id},
    }
