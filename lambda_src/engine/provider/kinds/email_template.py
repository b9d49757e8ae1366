"""`AWS::Pinpoint::EmailTemplate`.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-emailtemplate.html
"""

from typing import Any, Final

from engine.errors import NotFound
from engine.provider.lifecycle import Call, Kind, Made

_OUTSIDE: Final = frozenset({"TemplateName"})
# An update keeps what is not sent, so what the template of the stack no longer has is sent empty.
_CLEARED: Final = ("HtmlPart", "TextPart", "TemplateDescription", "DefaultSubstitutions")


def _create(call: Call) -> Made:
    name = call.text("TemplateName")
    found = call.find("GetEmailTemplate", TemplateName=name) if call.repeated else None
    if not found:
        body = call.body("EmailTemplateRequest", outside=_OUTSIDE)
        call.perform("CreateEmailTemplate", TemplateName=name, EmailTemplateRequest=body)
    return _made(call, name)


def _update(call: Call) -> Made:
    name = call.text("TemplateName")
    if name != call.old_text("TemplateName"):
        return _create(call)
    cleared = {part: "" for part in _CLEARED if part in call.event.old_properties}
    body = cleared | call.body("EmailTemplateRequest", outside=_OUTSIDE)
    call.perform("UpdateEmailTemplate", TemplateName=name, EmailTemplateRequest=body)
    made = _made(call, name)
    call.change_tags(made.attributes["Arn"])
    return made


def _delete(call: Call) -> None:
    try:
        call.perform("DeleteEmailTemplate", TemplateName=call.event.physical_id)
    except NotFound:
        return


def _made(call: Call, name: str) -> Made:
    template: dict[str, Any] = call.perform("GetEmailTemplate", TemplateName=name)
    return Made(name, {"Arn": template["Arn"]})


EMAIL_TEMPLATE = Kind(_create, _update, _delete)
