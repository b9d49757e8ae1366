"""A project: its settings, and permissions that reach no further than what was asked for."""

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from pinpoint_patterns import (
    EmailChannel,
    IPinpointProject,
    Limits,
    PinpointProject,
    QuietTime,
    SmsChannel,
    VoiceChannel,
)
from pinpoint_patterns._operations import operation
from tests.support.templates import APPLICATION_ID, allowed, flat, only, template_of


def new_project(**options: Any) -> Template:
    return template_of(lambda stack, _: PinpointProject(stack, "New", name="app", **options))


def granted(*operations: str) -> dict[str, Any]:
    def build(stack: Stack, project: IPinpointProject) -> None:
        role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        project.grant(role, *operations)

    return {name: flat(arn) for name, arn in allowed(template_of(build), "Caller").items()}


def a_function(stack: Stack, name: str = "Hook") -> lambda_.Function:
    return lambda_.Function(
        stack, name, runtime=lambda_.Runtime.PYTHON_3_13, handler="x.y", code=lambda_.Code.from_inline("pass")
    )


def test_the_least_use_is_a_name_and_makes_no_settings() -> None:
    template = new_project()
    assert only(template, "AWS::Pinpoint::App") == {"Name": "app"}
    template.resource_count_is("AWS::Pinpoint::ApplicationSettings", 0)


def test_deleting_the_stack_keeps_the_project() -> None:
    template = new_project()
    template.has_resource("AWS::Pinpoint::App", {"DeletionPolicy": "Retain"})


def test_limits_and_quiet_time_become_settings() -> None:
    template = new_project(
        limits=Limits(daily=2, messages_per_second=500), quiet_time=QuietTime(start="22:00", end="08:00")
    )
    settings = only(template, "AWS::Pinpoint::ApplicationSettings")
    assert settings["Limits"] == {"Daily": 2, "MessagesPerSecond": 500}
    assert settings["QuietTime"] == {"Start": "22:00", "End": "08:00"}


def test_the_phone_channels_are_switched_on_when_asked_for() -> None:
    template = new_project(sms=SmsChannel(sender_id="SHOP"), voice=VoiceChannel())
    sms = only(template, "AWS::Pinpoint::SMSChannel")
    assert (sms["SenderId"], sms["Enabled"]) == ("SHOP", True)
    assert "ShortCode" not in sms
    assert only(template, "AWS::Pinpoint::VoiceChannel")["Enabled"] is True


def test_the_email_channel_is_switched_on_with_its_sender() -> None:
    template = new_project(email=EmailChannel(from_address="a@example.com", identity="arn:identity"))
    channel = only(template, "AWS::Pinpoint::EmailChannel")
    assert channel["FromAddress"] == "a@example.com"
    assert channel["Enabled"] is True


def test_settings_with_a_default_hook_wait_for_its_permission() -> None:
    template = template_of(
        lambda stack, _: PinpointProject(stack, "New", name="app", default_hook=a_function(stack))
    )
    (settings,) = template.find_resources("AWS::Pinpoint::ApplicationSettings").values()
    (permission,) = template.find_resources("AWS::Lambda::Permission")
    assert permission in settings["DependsOn"]
    assert settings["Properties"]["CampaignHook"]["Mode"] == "FILTER"


def test_only_this_project_of_this_account_may_call_a_function() -> None:
    template = template_of(lambda stack, project: project.grant_invoke(a_function(stack)))
    permission = only(template, "AWS::Lambda::Permission")
    assert permission["Principal"] == "pinpoint.eu-west-1.amazonaws.com"
    assert permission["SourceAccount"] == "111122223333"
    assert str(permission["SourceArn"]).count("apps/0123456789abcdef0123456789abcdef/*") == 1


def test_a_permission_asked_for_twice_is_made_once() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        function = a_function(stack)
        assert project.grant_invoke(function) is project.grant_invoke(function)

    template_of(build).resource_count_is("AWS::Lambda::Permission", 1)


def test_pinpoint_may_act_for_this_project_of_this_account_only() -> None:
    template = template_of(
        lambda stack, project: iam.Role(stack, "Role", assumed_by=project.service_principal())
    )
    (statement,) = only(template, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "pinpoint.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}
    assert "apps/0123456789abcdef" in str(statement["Condition"]["ArnLike"]["aws:SourceArn"])


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("GetApp", ""),
        ("CreateImportJob", ""),
        ("UpdateEndpointsBatch", ""),
        ("GetImportJob", "/jobs/import/*"),
        ("UpdateEndpoint", "/endpoints/*"),
        ("GetUserEndpoints", "/users/*"),
        ("SendMessages", "/messages"),
        ("PutEvents", "/events"),
        ("GetCampaignActivities", "/campaigns/*"),
    ],
)
def test_an_operation_is_granted_on_its_own_resource(name: str, resource: str) -> None:
    (arn,) = granted(name).values()
    assert arn.endswith(f"apps/{APPLICATION_ID}{resource}")


def test_nothing_is_granted_but_what_was_asked_for() -> None:
    assert set(granted("GetApp", "PutEvents")) == {"mobiletargeting:GetApp", "mobiletargeting:PutEvents"}


def test_an_unknown_operation_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ValueError, match="did you mean UpdateEndpoint"):
        operation("UpdateEndpoints")


def test_a_grant_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the operations"):
        granted()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (lambda: Limits(daily=0), "limits.daily must be 1 to 100, got 0"),
        (lambda: Limits(maximum_duration=59), "limits.maximum_duration must be at least 60, got 59"),
        (lambda: QuietTime(start="22:00", end="24:00"), "quiet_time.end must be HH:MM"),
    ],
)
def test_misuse_is_refused_at_once(bad: Any, says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        bad()


def test_a_name_over_64_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 64 characters, got 65"):
        PinpointProject(Stack(App(), "Stack"), "New", name="n" * 65)
