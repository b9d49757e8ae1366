"""Where an application's events go.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-eventstream.html
"""

import re
from typing import Any, Final

from engine.context import Context, iso
from engine.errors import BadRequest
from engine.operations.apps import require_application, require_part
from engine.operations.documents import event_stream_key, public
from engine.operations.registry import Request
from engine.store import Document, Item, Put

_STREAM: Final = re.compile(
    r"arn:[^:]+:(kinesis:[^:]+:\d{12}:stream|firehose:[^:]+:\d{12}:deliverystream)/.+"
)
ROLE: Final = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")


def put_event_stream(context: Context, request: Request) -> dict[str, Any]:
    """PutEventStream: sets the stream, or replaces it."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    write = request["WriteEventStream"]
    if not _STREAM.fullmatch(write["DestinationStreamArn"]):
        raise BadRequest(
            "WriteEventStream.DestinationStreamArn must be the ARN of a Kinesis data stream or of a "
            f"Firehose delivery stream, got {write['DestinationStreamArn'][:120]!r}"
        )
    if not ROLE.fullmatch(write["RoleArn"]):
        raise BadRequest(f"WriteEventStream.RoleArn must be a role's ARN, got {write['RoleArn'][:120]!r}")
    document: Document = {
        "ApplicationId": application_id,
        "DestinationStreamArn": write["DestinationStreamArn"],
        "RoleArn": write["RoleArn"],
        "LastModifiedDate": iso(context.now()),
    }
    context.store.put(Put(event_stream_key(application_id), document))
    return document


def get_event_stream(context: Context, request: Request) -> dict[str, Any]:
    """GetEventStream."""
    return public(_require(context, request["ApplicationId"]))


def delete_event_stream(context: Context, request: Request) -> dict[str, Any]:
    """DeleteEventStream: answers with the stream as it was."""
    item = _require(context, request["ApplicationId"])
    context.store.delete(item.key)
    return public(item)


def _require(context: Context, application_id: str) -> Item:
    return require_part(context, application_id, event_stream_key(application_id), "event stream")
