"""What a campaign hook promises, asked of its template."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from pinpoint_patterns import Audit, CampaignHook, Deny, EventStream, FrequencyCap, PinpointProject

CAP = FrequencyCap(max_messages=3, window=Duration.hours(24))


def stack() -> Stack:
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    return Stack(app, "Stack")


def project(scope: Stack) -> Any:
    return PinpointProject.from_application_id(scope, "Project", "a" * 32)


@pytest.fixture(scope="module")
def template() -> Template:
    scope = stack()
    events = EventStream(scope, "Events", project=project(scope))
    hook = CampaignHook(
        scope,
        "Cap",
        project=scope.node.find_child("Project"),  # type: ignore[arg-type]
        filters=[CAP, Deny("tier", ["banned"]), Deny("tier", ["gone"]), Audit()],
    )
    hook.release_unsent(events)
    return Template.from_stack(scope)


def only(template: Template, kind: str, contains: str) -> tuple[str, dict[str, Any]]:
    found = {name: it for name, it in template.find_resources(kind).items() if contains in name}
    assert len(found) == 1, list(found)
    ((name, resource),) = found.items()
    return name, resource["Properties"]


def statements(template: Template, contains: str) -> dict[str, Any]:
    _, policy = only(template, "AWS::IAM::Policy", contains)
    allowed: dict[str, Any] = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            allowed[action] = statement["Resource"]
    return allowed


def variables(template: Template, contains: str) -> dict[str, Any]:
    _, function = only(template, "AWS::Lambda::Function", contains)
    settings: dict[str, Any] = function["Environment"]["Variables"]
    return settings


def test_pinpoint_may_invoke_the_hook_for_this_project_of_this_account_alone(template: Template) -> None:
    hook, _ = only(template, "AWS::Lambda::Function", "CapHookFunction")
    template.resource_count_is("AWS::Lambda::Permission", 1)
    template.has_resource_properties(
        "AWS::Lambda::Permission",
        {
            "FunctionName": {"Fn::GetAtt": [hook, "Arn"]},
            "SourceAccount": {"Ref": "AWS::AccountId"},
            "SourceArn": {"Fn::Join": ["", Match.array_with([Match.string_like_regexp(r":apps/a{32}/\*$")])]},
        },
    )


def test_the_hook_ends_before_pinpoint_drops_the_batch_and_its_budget_before_that(
    template: Template,
) -> None:
    _, hook = only(template, "AWS::Lambda::Function", "CapHookFunction")
    assert int(hook["Environment"]["Variables"]["BUDGET_SECONDS"]) < hook["Timeout"] < 15


def test_the_filters_become_the_functions_settings(template: Template) -> None:
    settings = variables(template, "CapHookFunction")
    places, _ = only(template, "AWS::DynamoDB::GlobalTable", "Places")
    assert json.loads(settings["DENY"]) == {"tier": ["banned", "gone"]}
    assert (settings["FREQUENCY_CAP"], settings["FREQUENCY_WINDOW_SECONDS"]) == ("3", "86400")
    assert settings["PLACES_TABLE"] == {"Ref": places}


def test_the_hook_may_read_and_write_places_and_add_to_the_trail_and_nothing_else(
    template: Template,
) -> None:
    allowed = statements(template, "CapHookRole")
    places, _ = only(template, "AWS::DynamoDB::GlobalTable", "Places")
    bucket, _ = only(template, "AWS::S3::Bucket", "Audit")
    assert allowed["dynamodb:GetItem"] == allowed["dynamodb:PutItem"] == {"Fn::GetAtt": [places, "Arn"]}
    assert allowed["s3:PutObject"] == {"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, "/audit/*"]]}
    others = {action for action in allowed if not action.startswith(("logs:", "s3:PutObject", "s3:Abort"))}
    assert others == {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "sqs:SendMessage"}


def test_the_release_reads_the_stream_with_retries_that_end_and_may_only_free_places(
    template: Template,
) -> None:
    release, _ = only(template, "AWS::Lambda::Function", "CapReleaseFunction")
    template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "FunctionName": {"Ref": release},
            "BisectBatchOnFunctionError": True,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": {"OnFailure": Match.any_value()},
        },
    )
    allowed = statements(template, "CapReleaseRole")
    assert [action for action in allowed if action.startswith("dynamodb:")] == ["dynamodb:UpdateItem"]


def test_the_hook_and_its_release_agree_on_the_cap(template: Template) -> None:
    names = ("FREQUENCY_CAP", "FREQUENCY_WINDOW_SECONDS", "PLACES_TABLE")
    hook, release = variables(template, "CapHookFunction"), variables(template, "CapReleaseFunction")
    assert [hook[name] for name in names] == [release[name] for name in names]


def test_the_trail_is_private_encrypted_and_not_kept_for_ever(template: Template) -> None:
    _, bucket = only(template, "AWS::S3::Bucket", "Audit")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 365


def test_a_slow_hook_rings_before_batches_are_dropped(template: Template) -> None:
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm", {"MetricName": "Duration", "Statistic": "Maximum", "Threshold": 11000}
    )


def test_a_hook_without_cap_has_no_table_and_one_without_audit_no_bucket() -> None:
    scope = stack()
    CampaignHook(scope, "Cap", project=project(scope), filters=[Deny("tier", ["banned"])])
    template = Template.from_stack(scope)
    template.resource_count_is("AWS::DynamoDB::GlobalTable", 0)
    template.resource_count_is("AWS::S3::Bucket", 0)


def test_a_bucket_of_ones_own_takes_the_trail() -> None:
    scope = stack()
    bucket = s3.Bucket.from_bucket_name(scope, "Own", "acme-audit")
    CampaignHook(scope, "Cap", project=project(scope), filters=[Audit(bucket=bucket)])
    template = Template.from_stack(scope)
    template.resource_count_is("AWS::S3::Bucket", 0)
    assert variables(template, "CapHookFunction")["AUDIT_BUCKET"] == "acme-audit"


def make(**options: Any) -> Callable[[], object]:
    def call() -> object:
        scope = stack()
        return CampaignHook(scope, "Cap", project=project(scope), **{"filters": [CAP], **options})

    return call


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (make(filters=[]), "at least one"),
        (make(filters=[CAP, CAP]), "one FrequencyCap"),
        (make(time_budget=Duration.seconds(14)), "1 to 10 seconds"),
        (lambda: FrequencyCap(max_messages=0, window=Duration.hours(1)), "1 to 100"),
        (lambda: FrequencyCap(max_messages=1, window=Duration.seconds(1)), "1 minute"),
        (lambda: Deny("tier", "banned"), "list of texts"),
        (lambda: Deny("tier", []), "list of texts"),
        (lambda: make(filters=[Audit()])().release_unsent(None), "needs a FrequencyCap"),  # type: ignore[attr-defined]
    ],
)
def test_what_cannot_work_is_refused_at_once(call: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
