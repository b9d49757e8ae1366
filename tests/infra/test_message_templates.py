"""Message templates as resources: what they say is what was asked, and what cannot work is refused."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Template

from pinpoint_patterns import EmailTemplate, SmsTemplate
from tests.support.templates import only, template_of


def templates() -> Template:
    def build(stack: Any, _project: Any) -> None:
        EmailTemplate(
            stack,
            "Mail",
            name="welcome",
            subject="Hello {{Name}}",
            html="<p>Hello</p>",
            text="Hello",
            default_substitutions={"Name": "Zoë", "Day.Name": "1"},
            description="To new ones",
            tags={"team": "crm"},
        )
        SmsTemplate(
            stack, "Text", name="reminder", body="On {{Day}}", default_substitutions={"Day": "Monday"}
        )

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return templates()


def test_an_email_template_says_what_was_asked(template: Template) -> None:
    mail = only(template, "AWS::Pinpoint::EmailTemplate")
    assert {name: value for name, value in mail.items() if name != "DefaultSubstitutions"} == {
        "TemplateName": "welcome",
        "Subject": "Hello {{Name}}",
        "HtmlPart": "<p>Hello</p>",
        "TextPart": "Hello",
        "TemplateDescription": "To new ones",
        "Tags": {"team": "crm"},
    }


def test_default_values_become_the_json_that_the_api_wants(template: Template) -> None:
    mail, text = only(template, "AWS::Pinpoint::EmailTemplate"), only(template, "AWS::Pinpoint::SmsTemplate")
    assert json.loads(mail.get("DefaultSubstitutions", "{}")) == {"Name": "Zoë", "Day.Name": "1"}
    assert text == {
        "TemplateName": "reminder",
        "Body": "On {{Day}}",
        "DefaultSubstitutions": '{"Day": "Monday"}',
    }


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "-x"}, "128 letters"),
        ({"name": "a b"}, "128 letters"),
        ({"name": "x" * 129}, "128 letters"),
        ({"html": None}, "nothing to say"),
        ({"html": "x" * 600_000}, "600,000"),
    ],
)
def test_an_email_template_that_cannot_work_is_refused(options: dict[str, Any], says: str) -> None:
    arguments = {"name": "welcome", "subject": "s", "html": "h", **options}
    with pytest.raises(ValueError, match=says):
        template_of(lambda stack, _: EmailTemplate(stack, "Mail", **arguments))


@pytest.mark.parametrize(
    ("options", "says"),
    [({"name": ""}, "128 letters"), ({"body": ""}, "nothing to say"), ({"body": "x" * 1_601}, "1,600")],
)
def test_an_sms_template_that_cannot_work_is_refused(options: dict[str, Any], says: str) -> None:
    arguments = {"name": "reminder", "body": "b", **options}
    with pytest.raises(ValueError, match=says):
        template_of(lambda stack, _: SmsTemplate(stack, "Text", **arguments))
