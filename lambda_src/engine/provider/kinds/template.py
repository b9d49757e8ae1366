"""`AWS::Pinpoint::EmailTemplate` and `AWS::Pinpoint::SmsTemplate`.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-emailtemplate.html
and https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pinpoint-smstemplate.html
"""

from typing import Any, Final

from engine.errors import NotFound
from engine.provider.lifecycle import Call, Kind, Made

_OUTSIDE: Final = frozenset({"TemplateName"})


def _template(name_of_kind: str, request: str, cleared_parts: tuple[str, ...]) -> Kind:
    """A kind of template.

    Args:
        name_of_kind: As operations have it: `Email` for `CreateEmailTemplate`.
        request: The member of a request that holds the template.
        cleared_parts: An update keeps what is not sent, so what the template of the stack no longer has
            is sent empty.
    """

    def create(call: Call) -> Made:
        name = call.text("TemplateName")
        found = call.find(f"Get{name_of_kind}Template", TemplateName=name) if call.repeated else None
        if not found:
            body = {request: call.body(request, outside=_OUTSIDE)}
            call.perform(f"Create{name_of_kind}Template", TemplateName=name, **body)
        return made(call, name)

    def update(call: Call) -> Made:
        name = call.text("TemplateName")
        if name != call.old_text("TemplateName"):
            return create(call)
        cleared = {part: "" for part in cleared_parts if part in call.event.old_properties}
        body = {request: cleared | call.body(request, outside=_OUTSIDE)}
        call.perform(f"Update{name_of_kind}Template", TemplateName=name, **body)
        updated = made(call, name)
        call.change_tags(updated.attributes["Arn"])
        return updated

    def delete(call: Call) -> None:
        try:
            call.perform(f"Delete{name_of_kind}Template", TemplateName=call.event.physical_id)
        except NotFound:
            return

    def made(call: Call, name: str) -> Made:
        template: dict[str, Any] = call.perform(f"Get{name_of_kind}Template", TemplateName=name)
        return Made(name, {"Arn": template["Arn"]})

    return Kind(create, update, delete)


EMAIL_TEMPLATE = _template(
    "Email",
    "EmailTemplateRequest",
    ("HtmlPart", "TextPart", "TemplateDescription", "DefaultSubstitutions"),
)
SMS_TEMPLATE = _template("Sms", "SMSTemplateRequest", ("Body", "TemplateDescription", "DefaultSubstitutions"))
