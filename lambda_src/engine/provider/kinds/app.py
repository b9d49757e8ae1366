"""`AWS::Pinpoint::App`.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-app.html
"""

from typing import Any

from engine.errors import NotFound
from engine.provider.lifecycle import Call, Kind, Made


def _create(call: Call) -> Made:
    made = call.find("GetApp", ApplicationId=call.first_id) if call.repeated else None
    return _made(
        made or call.perform("CreateApp", CreateApplicationRequest=call.body("CreateApplicationRequest"))
    )


def _update(call: Call) -> Made:
    if call.text("Name") != call.old_text("Name"):
        return _create(call)
    application = call.perform("GetApp", ApplicationId=call.event.physical_id)
    call.change_tags(application["Arn"])
    return _made(application)


def _delete(call: Call) -> None:
    try:
        call.perform("DeleteApp", ApplicationId=call.event.physical_id)
    except NotFound:
        return


def _made(application: dict[str, Any]) -> Made:
    return Made(application["Id"], {"Arn": application["Arn"], "Id": application["Id"]})


APP = Kind(_create, _update, _delete)
