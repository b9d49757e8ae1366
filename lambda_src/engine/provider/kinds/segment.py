"""`AWS::Pinpoint::Segment`.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-segment.html
"""

from typing import Any, Final

from engine.errors import NotFound
from engine.provider.lifecycle import Call, Kind, Made

_OUTSIDE: Final = frozenset({"ApplicationId"})


def _create(call: Call) -> Made:
    application_id = call.text("ApplicationId")
    made = None
    if call.repeated:
        made = call.find("GetSegment", ApplicationId=application_id, SegmentId=call.first_id)
    return _made(
        made
        or call.perform(
            "CreateSegment",
            ApplicationId=application_id,
            WriteSegmentRequest=call.body("WriteSegmentRequest", outside=_OUTSIDE),
        )
    )


def _update(call: Call) -> Made:
    application_id = call.text("ApplicationId")
    if application_id != call.old_text("ApplicationId"):
        return _create(call)
    _, _, segment_id = call.event.physical_id.partition("|")
    segment = call.perform(
        "UpdateSegment",
        ApplicationId=application_id,
        SegmentId=segment_id,
        WriteSegmentRequest=call.body("WriteSegmentRequest", outside=_OUTSIDE),
    )
    call.change_tags(segment["Arn"])
    return _made(segment)


def _delete(call: Call) -> None:
    application_id, _, segment_id = call.event.physical_id.partition("|")
    try:
        call.perform("DeleteSegment", ApplicationId=application_id, SegmentId=segment_id)
    except NotFound:
        return


def _made(segment: dict[str, Any]) -> Made:
    return Made(
        f"{segment['ApplicationId']}|{segment['Id']}", {"Arn": segment["Arn"], "SegmentId": segment["Id"]}
    )


SEGMENT = Kind(_create, _update, _delete)
