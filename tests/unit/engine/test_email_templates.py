"""E-mail templates: versions, the active one, lists."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def create(pinpoint: Any, name: str, **request: Any) -> dict[str, Any]:
    answer = pinpoint.create_email_template(
        TemplateName=name, EmailTemplateRequest={"Subject": "Hi", "TextPart": "one", **request}
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    body: dict[str, Any] = answer["CreateTemplateMessageBody"]
    return body


def get(pinpoint: Any, name: str, **version: str) -> dict[str, Any]:
    template: dict[str, Any] = pinpoint.get_email_template(TemplateName=name, **version)[
        "EmailTemplateResponse"
    ]
    return template


def update(pinpoint: Any, name: str, text: str, **how: Any) -> None:
    answer = pinpoint.update_email_template(TemplateName=name, EmailTemplateRequest={"TextPart": text}, **how)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202


def test_a_template_is_created_as_version_one_and_read(pinpoint: Any) -> None:
    created = create(pinpoint, "welcome", tags={"a": "1"})

    template = get(pinpoint, "welcome")
    assert created["Arn"] == template["Arn"]
    assert template["Arn"].endswith(":templates/welcome/EMAIL")
    assert (template["Version"], template["TemplateType"]) == ("1", "EMAIL")
    assert pinpoint.list_tags_for_resource(ResourceArn=template["Arn"])["TagsModel"]["tags"] == {"a": "1"}


def test_an_update_changes_the_active_version_and_keeps_what_is_not_sent(pinpoint: Any) -> None:
    create(pinpoint, "t")
    update(pinpoint, "t", "two")

    template = get(pinpoint, "t")
    assert (template["Version"], template["TextPart"], template["Subject"]) == ("1", "two", "Hi")


def test_a_new_version_becomes_active_and_the_old_one_can_come_back(pinpoint: Any) -> None:
    create(pinpoint, "t")
    update(pinpoint, "t", "two", CreateNewVersion=True)
    update(pinpoint, "t", "three", CreateNewVersion=True)
    assert get(pinpoint, "t")["TextPart"] == "three"
    assert get(pinpoint, "t", Version="2")["TextPart"] == "two"

    active = {"TemplateActiveVersionRequest": {"Version": "1"}}
    pinpoint.update_template_active_version(TemplateName="t", TemplateType="EMAIL", **active)
    assert get(pinpoint, "t")["TextPart"] == "one"
    update(pinpoint, "t", "two again", Version="2")
    assert get(pinpoint, "t")["TextPart"] == "one"
    assert get(pinpoint, "t", Version="2")["TextPart"] == "two again"

    pinpoint.update_template_active_version(
        TemplateName="t", TemplateType="EMAIL", TemplateActiveVersionRequest={"Version": "latest"}
    )
    assert get(pinpoint, "t")["TextPart"] == "three"
    versions = pinpoint.list_template_versions(TemplateName="t", TemplateType="EMAIL")
    assert [v["Version"] for v in versions["TemplateVersionsResponse"]["Item"]] == ["1", "2", "3"]


def test_the_active_version_cannot_be_deleted_alone_the_others_can(pinpoint: Any) -> None:
    create(pinpoint, "t")
    update(pinpoint, "t", "two", CreateNewVersion=True)

    with pytest.raises(pinpoint.exceptions.BadRequestException, match="is the active one"):
        pinpoint.delete_email_template(TemplateName="t", Version="2")
    pinpoint.delete_email_template(TemplateName="t", Version="1")
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        get(pinpoint, "t", Version="1")

    pinpoint.delete_email_template(TemplateName="t")
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        get(pinpoint, "t")
    create(pinpoint, "t")


def test_templates_are_listed_by_prefix_in_pages(pinpoint: Any) -> None:
    for name in ("a1", "a2", "a3", "b1"):
        create(pinpoint, name)

    first = pinpoint.list_templates(Prefix="a", PageSize="2")["TemplatesResponse"]
    rest = pinpoint.list_templates(Prefix="a", PageSize="2", NextToken=first["NextToken"])[
        "TemplatesResponse"
    ]
    assert [item["TemplateName"] for item in [*first["Item"], *rest["Item"]]] == ["a1", "a2", "a3"]
    assert "NextToken" not in rest
    assert len(pinpoint.list_templates(TemplateType="EMAIL")["TemplatesResponse"]["Item"]) == 4


@pytest.mark.parametrize(
    ("name", "request_", "reason"),
    [
        ("a b", {}, "TemplateName must have"),
        ("t" * 129, {}, "TemplateName must have"),
        ("t", {"TextPart": "x" * 600_001}, "at most 600000 characters"),
        ("t", {"DefaultSubstitutions": "[1]"}, "must be a JSON object in a string"),
        ("t", {"DefaultSubstitutions": "{"}, "must be a JSON object in a string"),
        ("t", {"HtmlPart": "{{#if x}}"}, "HtmlPart: "),
        ("t", {"Headers": [{"Name": "X", "Value": "1"}] * 16}, "at most 15 headers"),
    ],
)
def test_a_template_that_breaks_a_rule_is_refused(
    pinpoint: Any, name: str, request_: dict[str, Any], reason: str
) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=reason):
        create(pinpoint, name, **request_)


def test_a_name_is_taken_once(pinpoint: Any) -> None:
    create(pinpoint, "t")
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="exists already"):
        create(pinpoint, "t")


def test_other_kinds_of_templates_are_not_served(pinpoint: Any) -> None:
    with pytest.raises(ClientError, match="not served") as caught:
        pinpoint.list_templates(TemplateType="PUSH")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
