"""What a campaign hook promises, asked of its template."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from pinpoint_patterns import Audit, CampaignHook, Deny, EventStream, FrequencyCap, IPinpointProject
from pinpoint_patterns.hook_filters import HookFilter
from tests.infra.test_event_stream import READING
from tests.support.templates import (
    APPLICATION_ID,
    SENDS,
    flat,
    one,
    only,
    reach,
    template_of,
    thresholds,
    timeouts,
    variables,
)

CAP = FrequencyCap(max_messages=3, window=Duration.hours(24))


def with_filters(*filters: HookFilter, **options: Any) -> Template:
    return template_of(
        lambda stack, project: CampaignHook(stack, "Cap", project=project, filters=filters, **options)
    )


def with_cap_and_audit() -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        denied = [Deny("tier", ["banned"]), Deny("tier", ["gone"])]
        hook = CampaignHook(stack, "Cap", project=project, filters=[CAP, *denied, Audit()])
        hook.release_unsent(EventStream(stack, "Events", project=project))

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return with_cap_and_audit()


def check_that_pinpoint_alone_may_invoke(template: Template, name: str) -> None:
    """Fail if anybody but this project of this account may, or if it may not."""
    hook, _ = one(template, "AWS::Lambda::Function", name)
    permission = only(template, "AWS::Lambda::Permission")
    assert permission["FunctionName"] == {"Fn::GetAtt": [hook, "Arn"]}
    assert permission.get("Principal") == "pinpoint.eu-west-1.amazonaws.com"
    assert permission.get("SourceAccount") == "111122223333"
    assert flat(permission.get("SourceArn", "")).endswith(f":apps/{APPLICATION_ID}/*")


def test_pinpoint_may_invoke_the_hook_for_this_project_of_this_account_alone(template: Template) -> None:
    check_that_pinpoint_alone_may_invoke(template, "CapHookFunction")


def test_the_hook_ends_before_pinpoint_drops_the_batch_and_its_budget_before_that(
    template: Template,
) -> None:
    budget = int(variables(template, "CapHookFunction").get("BUDGET_SECONDS", 99))
    assert budget < timeouts(template)["CapHookFunction"] < 15


def test_the_release_has_a_minute_for_its_hundred_events(template: Template) -> None:
    assert timeouts(template)["CapReleaseFunction"] == 60
    assert only(template, "AWS::Lambda::EventSourceMapping").get("BatchSize") == 100


def test_the_filters_become_the_functions_settings(template: Template) -> None:
    settings = variables(template, "CapHookFunction")
    places, _ = one(template, "AWS::DynamoDB::GlobalTable", "Places")
    bucket, _ = one(template, "AWS::S3::Bucket", "Audit")
    assert json.loads(settings.get("DENY", "{}")) == {"tier": ["banned", "gone"]}
    cap = settings.get("FREQUENCY_CAP"), settings.get("FREQUENCY_WINDOW_SECONDS")
    assert cap == ("3", "86400")
    assert settings.get("PLACES_TABLE") == {"Ref": places}
    assert settings.get("AUDIT_BUCKET") == {"Ref": bucket}


def test_the_hook_may_read_and_write_places_and_add_to_the_trail_and_nothing_else(
    template: Template,
) -> None:
    assert reach(template, "CapHookRole") == {
        "<CapPlaces.Arn>": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"},
        "<CapAudit.Arn>/audit/*": {"s3:PutObject"},
        "<CapHookDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_the_release_reads_the_stream_and_may_only_free_places(template: Template) -> None:
    assert reach(template, "CapReleaseRole") == {
        "<CapPlaces.Arn>": {"dynamodb:UpdateItem"},
        "<EventsStream.Arn>": READING,
        "<EventsKey.Arn>": {"kms:Decrypt"},
        "<CapReleaseFunctionPinpointEventsDeadLettersQueue.Arn>": SENDS,
        "<CapReleaseDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_a_place_is_found_by_its_endpoint_alone(template: Template) -> None:
    places = only(template, "AWS::DynamoDB::GlobalTable", "Places")
    assert [key["AttributeName"] for key in places.get("KeySchema", [])] == ["pk"]


def test_the_hook_and_its_release_agree_on_the_cap(template: Template) -> None:
    names = ("FREQUENCY_CAP", "FREQUENCY_WINDOW_SECONDS", "PLACES_TABLE")
    hook, release = variables(template, "CapHookFunction"), variables(template, "CapReleaseFunction")
    assert [hook.get(name) for name in names] == [release.get(name) for name in names]


def test_the_trail_is_kept_for_a_year(template: Template) -> None:
    bucket = only(template, "AWS::S3::Bucket", "Audit")
    (rule,) = bucket.get("LifecycleConfiguration", {}).get("Rules", [{}])
    assert rule.get("ExpirationInDays") == 365


def test_a_slow_hook_rings_before_batches_are_dropped_and_a_late_release_before_events_expire(
    template: Template,
) -> None:
    assert thresholds(template) == {
        "CapDurationAlarm": ("Duration", ">=", 11_000),
        "CapReleaseFunctionPinpointEventsIteratorAgeAlarm": ("IteratorAge", ">=", 12 * 3600 * 1000),
    }
    assert only(template, "AWS::CloudWatch::Alarm", "DurationAlarm")["Statistic"] == "Maximum"


def test_a_hook_without_cap_has_no_table_and_one_without_audit_no_bucket() -> None:
    template = with_filters(Deny("tier", ["banned"]))
    template.resource_count_is("AWS::DynamoDB::GlobalTable", 0)
    template.resource_count_is("AWS::S3::Bucket", 0)


def test_a_bucket_of_ones_own_takes_the_trail() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Own", "acme-audit")
        CampaignHook(stack, "Cap", project=project, filters=[Audit(bucket=bucket)])

    template = template_of(build)
    template.resource_count_is("AWS::S3::Bucket", 0)
    assert variables(template, "CapHookFunction")["AUDIT_BUCKET"] == "acme-audit"


def release_without_cap() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        hook = CampaignHook(stack, "Cap", project=project, filters=[Audit()])
        hook.release_unsent(EventStream(stack, "Events", project=project))

    template_of(build)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (with_filters, "at least one"),
        (lambda: with_filters(CAP, CAP), "one FrequencyCap"),
        (lambda: with_filters(CAP, time_budget=Duration.seconds(14)), "1 to 10 seconds"),
        (lambda: FrequencyCap(max_messages=0, window=Duration.hours(1)), "1 to 100"),
        (lambda: FrequencyCap(max_messages=1, window=Duration.seconds(1)), "1 minute"),
        (lambda: Deny("tier", "banned"), "list of texts"),
        (lambda: Deny("tier", []), "list of texts"),
        (release_without_cap, "needs a FrequencyCap"),
    ],
)
def test_what_cannot_work_is_refused_at_once(call: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
