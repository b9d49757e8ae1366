"""SMS and voice templates: their own members and limits; versions are those of every template."""

from typing import Any

import pytest


def test_an_sms_template_has_versions_and_its_own_arn(pinpoint: Any) -> None:
    created = pinpoint.create_sms_template(
        TemplateName="code", SMSTemplateRequest={"Body": "one", "tags": {"a": "1"}}
    )["CreateTemplateMessageBody"]
    pinpoint.update_sms_template(
        TemplateName="code", SMSTemplateRequest={"Body": "two {{x}}"}, CreateNewVersion=True
    )

    active = pinpoint.get_sms_template(TemplateName="code")["SMSTemplateResponse"]
    first = pinpoint.get_sms_template(TemplateName="code", Version="1")["SMSTemplateResponse"]
    assert created["Arn"] == active["Arn"]
    assert active["Arn"].endswith(":templates/code/SMS")
    assert (active["Body"], active["Version"], active["TemplateType"]) == ("two {{x}}", "2", "SMS")
    assert first["Body"] == "one"
    versions = pinpoint.list_template_versions(TemplateName="code", TemplateType="SMS")
    assert [v["Version"] for v in versions["TemplateVersionsResponse"]["Item"]] == ["1", "2"]

    pinpoint.update_template_active_version(
        TemplateName="code", TemplateType="SMS", TemplateActiveVersionRequest={"Version": "1"}
    )
    assert pinpoint.get_sms_template(TemplateName="code")["SMSTemplateResponse"]["Body"] == "one"
    pinpoint.delete_sms_template(TemplateName="code")
    with pytest.raises(pinpoint.exceptions.NotFoundException, match="no SMS template"):
        pinpoint.get_sms_template(TemplateName="code")


def test_a_voice_template_keeps_its_voice_and_language(pinpoint: Any) -> None:
    request = {"Body": "Hello", "VoiceId": "Joanna", "LanguageCode": "en-US"}
    pinpoint.create_voice_template(TemplateName="call", VoiceTemplateRequest=request)
    pinpoint.update_voice_template(TemplateName="call", VoiceTemplateRequest={"Body": "Good bye"})

    template = pinpoint.get_voice_template(TemplateName="call")["VoiceTemplateResponse"]
    assert template.items() >= (request | {"Body": "Good bye", "TemplateType": "VOICE"}).items()
    pinpoint.delete_voice_template(TemplateName="call")
    with pytest.raises(pinpoint.exceptions.NotFoundException, match="no voice template"):
        pinpoint.get_voice_template(TemplateName="call")


def test_kinds_do_not_share_names_and_are_listed_type_by_type_in_pages(pinpoint: Any) -> None:
    pinpoint.create_email_template(TemplateName="a1", EmailTemplateRequest={"Subject": "s"})
    for name in ("a1", "a2", "b1"):
        pinpoint.create_sms_template(TemplateName=name, SMSTemplateRequest={"Body": "b"})
    pinpoint.create_voice_template(TemplateName="a1", VoiceTemplateRequest={"Body": "b"})

    listed: list[tuple[str, str]] = []
    token: dict[str, str] = {}
    while True:
        page = pinpoint.list_templates(Prefix="a", PageSize="2", **token)["TemplatesResponse"]
        listed += [(item["TemplateType"], item["TemplateName"]) for item in page["Item"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert listed == [("EMAIL", "a1"), ("SMS", "a1"), ("SMS", "a2"), ("VOICE", "a1")]
    of_sms = pinpoint.list_templates(TemplateType="SMS")["TemplatesResponse"]["Item"]
    assert [item["TemplateName"] for item in of_sms] == ["a1", "a2", "b1"]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"Body": "x" * 1601}, "SMSTemplateRequest must have at most 1600 characters, got 1601"),
        ({"Body": "{{#if x}}"}, "SMSTemplateRequest.Body: "),
        ({"Body": "b", "DefaultSubstitutions": "[]"}, "must be a JSON object in a string"),
    ],
)
def test_an_sms_template_that_breaks_a_rule_is_refused(
    pinpoint: Any, request_: dict[str, Any], reason: str
) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=reason):
        pinpoint.create_sms_template(TemplateName="t", SMSTemplateRequest=request_)


def test_a_voice_template_has_at_most_ten_thousand_characters(pinpoint: Any) -> None:
    pinpoint.create_voice_template(TemplateName="t", VoiceTemplateRequest={"Body": "x" * 10_000})
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="at most 10000"):
        pinpoint.create_voice_template(TemplateName="u", VoiceTemplateRequest={"Body": "x" * 10_001})
