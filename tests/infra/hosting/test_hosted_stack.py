"""What hosting on the engine makes of a stack that was written for Pinpoint, asked of its template."""

from functools import cache

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from pinpoint_patterns import Deny, EventStream, InboxChannel, PinpointProject
from pinpoint_patterns.campaign_hook import CampaignHook
from pinpoint_patterns.engine import PinpointEngine
from tests.infra import test_custom_channel
from tests.support.templates import flat, one, only, plain, reach, resources, timeouts, variables

PROVIDER = "arn:<AWS::Partition>:lambda:eu-west-1:111122223333:function:pinpoint-engine-provider"
DELIVERY = "arn:<AWS::Partition>:iam::111122223333:role/pinpoint-engine-delivery-eu-west-1"


def hosted() -> Template:
    return shop(hosting=True)


@cache
def unhosted() -> Template:
    return shop(hosting=False)


def shop(*, hosting: bool) -> Template:
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    account = {"account": "111122223333", "region": "eu-west-1"}
    stack = Stack(app, "Shop", env=account)
    project = PinpointProject(stack, "Project", name="shop")
    EventStream(stack, "Events", project=project)
    InboxChannel(stack, "Channel", project=project)
    CampaignHook(stack, "Hook", project=project, filters=[Deny("tier", ["banned"])])
    if hosting:
        PinpointEngine(Stack(app, "Engine", env=account), "Engine").host(app)
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def template() -> Template:
    return hosted()


def test_resources_of_pinpoint_are_made_by_the_engines_provider(template: Template) -> None:
    for kind, count in (
        ("Custom::PinpointApp", 1),
        ("Custom::PinpointEventStream", 1),
        ("Custom::PinpointGrant", 2),
    ):
        made = [flat(each.get("ServiceToken", "")) for each in resources(template, kind).values()]
        assert made == [PROVIDER] * count, kind


def test_the_project_is_kept_when_its_stack_goes(template: Template) -> None:
    (project,) = template.find_resources("Custom::PinpointApp").values()
    assert project.get("DeletionPolicy") == project.get("UpdateReplacePolicy") == "Retain"


def test_the_engine_may_take_the_writing_role_for_this_project_only(template: Template) -> None:
    role = only(template, "AWS::IAM::Role", "EventsRole")
    pinpoint, *engine = role["AssumeRolePolicyDocument"]["Statement"]
    assert pinpoint["Principal"] == {"Service": "pinpoint.amazonaws.com"}
    assert [flat(each["Principal"]["AWS"]) for each in engine] == [DELIVERY]
    conditions = [each.get("Condition", {}).get("StringLike", {}) for each in engine]
    assert [plain(flat(each.get("sts:ExternalId", ""))) for each in conditions] == ["<Project.Arn>"]
    assert role.get("Tags") == [{"Key": "pinpoint-engine:hosted", "Value": "true"}]


def test_events_are_still_written_with_the_role_that_was_made_for_it(template: Template) -> None:
    stream = only(template, "Custom::PinpointEventStream")
    assert plain(flat(stream.get("RoleArn", ""))) == "<EventsRole.Arn>"
    assert reach(template, "EventsWrite") == {
        "<EventsStream.Arn>": {"kinesis:PutRecords", "kinesis:DescribeStream"},
        "<EventsKey.Arn>": {"kms:GenerateDataKey"},
    }
    assert only(template, "AWS::Kinesis::Stream").get("RetentionPeriodHours") == 24


@pytest.mark.parametrize("function", ["ChannelAcceptFunction", "HookFunction"])
def test_a_function_that_pinpoint_may_invoke_the_engine_may_for_this_project_only(
    template: Template, function: str
) -> None:
    name, _ = one(template, "AWS::Lambda::Function", function)
    arn = {"Fn::GetAtt": [name, "Arn"]}
    invokers = [
        flat(permission.get("Principal", ""))
        for permission in resources(template, "AWS::Lambda::Permission").values()
        if permission["FunctionName"] == arn
    ]
    assert sorted(invokers) == [DELIVERY, "pinpoint.eu-west-1.amazonaws.com"]
    grants = [
        each for each in resources(template, "Custom::PinpointGrant").values() if each["FunctionArn"] == arn
    ]
    assert [plain(flat(grant.get("SourceArn", ""))) for grant in grants] == ["<Project.Arn>/*"]
    assert [grant.get("SourceAccount") for grant in grants] == ["111122223333"]


def test_the_permission_of_pinpoint_itself_stays_as_narrow_as_it_was(template: Template) -> None:
    sources = [
        plain(flat(permission.get("SourceArn", "")))
        for permission in resources(template, "AWS::Lambda::Permission").values()
        if flat(permission.get("Principal", "")).startswith("pinpoint.")
    ]
    assert sources == ["<Project.Arn>/*"] * 2


def test_what_calls_pinpoint_may_call_the_engine_as_far_and_no_further(template: Template) -> None:
    found = reach(template, "SenderRole")
    hosted = {arn: actions for arn, actions in found.items() if "execute-api:Invoke" in actions}
    assert list(hosted.values()) == [{"execute-api:Invoke"}]
    assert "".join(hosted).endswith("/engine/POST/v1/apps/<Project>/events")
    unchanged = {arn: actions for arn, actions in found.items() if arn not in hosted}
    assert unchanged == {
        **test_custom_channel.SENDING_ANYWHERE,
        "<ChannelInbox.Arn>": {"dynamodb:PutItem"},
        "<Project.Arn>/events": {"mobiletargeting:PutEvents"},
    }


def test_what_calls_pinpoint_is_pointed_at_the_engine_and_nothing_else_is(template: Template) -> None:
    pointed = {"AWS_ENDPOINT_URL_PINPOINT", "AWS_DATA_PATH"}
    assert set(variables(template, "Sender")) == {
        *test_custom_channel.SETTINGS,
        "INBOX_TABLE",
        "INBOX_KEEP_SECONDS",
        *pointed,
    }
    assert set(variables(template, "Hook")) == {"POWERTOOLS_SERVICE_NAME", "BUDGET_SECONDS", "DENY"}
    layers = only(template, "AWS::Lambda::Function", "Sender").get("Layers", [])
    assert [plain(flat(layer)) for layer in layers][1:] == ["<PinpointEngineClient>"]


def test_a_function_that_calls_nobody_may_do_what_it_could_before(template: Template) -> None:
    test_custom_channel.accepts_into_its_queue_only(template)
    assert reach(template, "HookRole") == {"<HookDeadLettersQueue.Arn>": {"sqs:SendMessage"}}


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::CloudWatch::Alarm",
        "AWS::DynamoDB::GlobalTable",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Logs::LogGroup",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
    ],
)
def test_hosting_leaves_alone_what_does_not_speak_to_pinpoint(template: Template, kind: str) -> None:
    assert template.find_resources(kind) == unhosted().find_resources(kind)


def test_functions_keep_the_time_they_had(template: Template) -> None:
    assert timeouts(template) == timeouts(unhosted())
