"""Segments: who belongs to an audience, by rules or by a file.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-segments.html
"""

from typing import Any

from engine.context import Context, iso
from engine.erasure.request import request_erasure
from engine.errors import BadRequest, Conflict, NotFound
from engine.operations.apps import require_application
from engine.operations.documents import page, public, segment_key
from engine.operations.registry import Request
from engine.operations.segment_grammar import check_segment, source_segments
from engine.operations.tags import check_tags
from engine.operations.versions import get_version, get_versions, version_write
from engine.store import Document, Item, Put, TransactionLost


def require_segment(context: Context, application_id: str, segment_id: str) -> Item:
    """The segment's head.

    Raises:
        NotFound: There is none with this id.
    """
    item = context.store.get(segment_key(application_id, segment_id))
    if item is None:
        raise NotFound(f"no segment has the id {segment_id!r}")
    return item


def create_segment(context: Context, request: Request) -> dict[str, Any]:
    """CreateSegment: a dynamic segment; imported ones are made by import jobs."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    write = _checked(context, application_id, request)
    check_tags(write.get("tags", {}))
    segment_id = context.new_id()
    moment = iso(context.now())
    document: Document = {
        "Id": segment_id,
        "ApplicationId": application_id,
        "Arn": f"{context.application_arn(application_id)}/segments/{segment_id}",
        "Name": write.get("Name", segment_id),
        "SegmentType": "DIMENSIONAL",
        **{name: write[name] for name in ("Dimensions", "SegmentGroups") if name in write},
        "CreationDate": moment,
        "LastModifiedDate": moment,
        "Version": 1,
        "tags": write.get("tags", {}),
        "_": {"Status": "READY"},
    }
    head = Put(segment_key(application_id, segment_id), document, expected=0)
    context.store.write([head, version_write(document)])
    return document


def update_segment(context: Context, request: Request) -> dict[str, Any]:
    """UpdateSegment: the next version; a rule that is not sent is dropped with the old version."""
    application_id, segment_id = request["ApplicationId"], request["SegmentId"]
    require_application(context, application_id)
    item = require_segment(context, application_id, segment_id)
    if item.doc["SegmentType"] != "DIMENSIONAL":
        raise BadRequest(
            "an imported segment is updated by an import job that names it, not by UpdateSegment"
        )
    write = _checked(context, application_id, request)
    document: Document = {
        **{name: value for name, value in item.doc.items() if name not in ("Dimensions", "SegmentGroups")},
        **{name: write[name] for name in ("Name", "Dimensions", "SegmentGroups") if name in write},
        "LastModifiedDate": iso(context.now()),
        "Version": item.doc["Version"] + 1,
    }
    try:
        context.store.write([Put(item.key, document, expected=item.version), version_write(document)])
    except TransactionLost:
        raise Conflict("the segment was changed by somebody else meanwhile: read it and try again") from None
    return document


def get_segment(context: Context, request: Request) -> dict[str, Any]:
    """GetSegment."""
    require_application(context, request["ApplicationId"])
    return public(require_segment(context, request["ApplicationId"], request["SegmentId"]))


def get_segments(context: Context, request: Request) -> dict[str, Any]:
    """GetSegments."""
    require_application(context, request["ApplicationId"])
    return page(context, f"SEGMENTS#{request['ApplicationId']}", request)


def get_segment_version(context: Context, request: Request) -> dict[str, Any]:
    """GetSegmentVersion."""
    require_application(context, request["ApplicationId"])
    require_segment(context, request["ApplicationId"], request["SegmentId"])
    return get_version(context, request["ApplicationId"], request["SegmentId"], request["Version"])


def get_segment_versions(context: Context, request: Request) -> dict[str, Any]:
    """GetSegmentVersions."""
    require_application(context, request["ApplicationId"])
    require_segment(context, request["ApplicationId"], request["SegmentId"])
    return get_versions(context, request["ApplicationId"], request["SegmentId"], request)


def delete_segment(context: Context, request: Request) -> dict[str, Any]:
    """DeleteSegment: gone at once; its members follow in bounded steps, its endpoints stay.

    Campaigns on it that have not completed become DELETED.
    """
    application_id, segment_id = request["ApplicationId"], request["SegmentId"]
    require_application(context, application_id)
    item = require_segment(context, application_id, segment_id)
    request_erasure(context, application_id, segment_id)
    context.store.delete(item.key)
    return public(item)


def _checked(context: Context, application_id: str, request: Request) -> Document:
    write: Document = request["WriteSegmentRequest"]
    check_segment(write)
    for reference in source_segments(write):
        require_segment(context, application_id, reference["Id"])
    return write
