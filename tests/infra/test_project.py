"""A project: its settings, and permissions that reach no further than what was asked for."""

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
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
from tests.support.templates import (
    APPLICATION_ID,
    a_function,
    allowed,
    flat,
    one,
    only,
    plain,
    reach,
    template_of,
    timeouts,
)


def new_project(**options: Any) -> Template:
    return template_of(lambda stack, _: PinpointProject(stack, "New", name="app", **options))


def granted(*operations: str) -> dict[str, Any]:
    def build(stack: Stack, project: IPinpointProject) -> None:
        role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        project.grant(role, *operations)

    return {name: flat(arn) for name, arn in allowed(template_of(build), "Caller").items()}


def with_everything() -> Template:
    def build(stack: Stack, _: IPinpointProject) -> None:
        project = PinpointProject(
            stack,
            "New",
            name="app",
            limits=Limits(daily=2, messages_per_second=500),
            quiet_time=QuietTime(start="22:00", end="08:00"),
            email=EmailChannel(from_address="a@example.com", identity="arn:identity"),
            sms=SmsChannel(sender_id="SHOP"),
            voice=VoiceChannel(),
            default_hook=a_function(stack, "Hook").function,
        )
        role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        project.grant(role, "GetApp", "PutEvents")
        iam.Role(stack, "Actor", assumed_by=project.service_principal())

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return with_everything()


def test_the_least_use_is_a_name_and_makes_no_settings() -> None:
    template = new_project()
    assert only(template, "AWS::Pinpoint::App") == {"Name": "app"}
    template.resource_count_is("AWS::Pinpoint::ApplicationSettings", 0)


def test_limits_and_quiet_time_become_settings(template: Template) -> None:
    settings = only(template, "AWS::Pinpoint::ApplicationSettings")
    assert settings.get("Limits") == {"Daily": 2, "MessagesPerSecond": 500}
    assert settings.get("QuietTime") == {"Start": "22:00", "End": "08:00"}


def test_the_phone_channels_are_switched_on_when_asked_for(template: Template) -> None:
    sms = only(template, "AWS::Pinpoint::SMSChannel")
    assert (sms.get("SenderId"), sms.get("Enabled")) == ("SHOP", True)
    assert "ShortCode" not in sms
    assert only(template, "AWS::Pinpoint::VoiceChannel").get("Enabled") is True


def test_the_email_channel_is_switched_on_with_its_sender(template: Template) -> None:
    channel = only(template, "AWS::Pinpoint::EmailChannel")
    assert (channel.get("FromAddress"), channel.get("Identity")) == ("a@example.com", "arn:identity")
    assert channel.get("Enabled") is True


def test_settings_with_a_default_hook_wait_for_its_permission(template: Template) -> None:
    (settings,) = template.find_resources("AWS::Pinpoint::ApplicationSettings").values()
    permission, _ = one(template, "AWS::Lambda::Permission")
    assert permission in settings["DependsOn"]
    assert settings["Properties"].get("CampaignHook", {}).get("Mode") == "FILTER"


def test_only_this_project_of_this_account_may_call_a_function(template: Template) -> None:
    permission = only(template, "AWS::Lambda::Permission")
    assert permission.get("Principal") == "pinpoint.eu-west-1.amazonaws.com"
    assert permission.get("SourceAccount") == "111122223333"
    assert plain(flat(permission.get("SourceArn", ""))) == "<New.Arn>/*"


def test_a_permission_asked_for_twice_is_made_once() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        function = a_function(stack, "Hook").function
        assert project.grant_invoke(function) is project.grant_invoke(function)

    template_of(build).resource_count_is("AWS::Lambda::Permission", 1)


def test_pinpoint_may_act_for_this_project_of_this_account_only(template: Template) -> None:
    (statement,) = only(template, "AWS::IAM::Role", "Actor")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "pinpoint.amazonaws.com"}
    condition = statement.get("Condition", {})
    assert condition.get("StringEquals") == {"aws:SourceAccount": "111122223333"}
    assert plain(flat(condition["ArnLike"]["aws:SourceArn"])) == "<New.Arn>"


def test_a_caller_reaches_one_project_by_the_operations_that_were_asked_for(template: Template) -> None:
    assert reach(template, "Caller") == {
        "<New.Arn>": {"mobiletargeting:GetApp"},
        "<New.Arn>/events": {"mobiletargeting:PutEvents"},
    }


def test_a_default_hook_has_half_a_minute_unless_it_is_told_otherwise(template: Template) -> None:
    assert timeouts(template) == {"HookFunction": 30}


def test_a_function_without_a_policy_of_its_own_may_log_and_bury_only(template: Template) -> None:
    assert reach(template, "HookRole") == {"<HookDeadLettersQueue.Arn>": {"sqs:SendMessage"}}


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
