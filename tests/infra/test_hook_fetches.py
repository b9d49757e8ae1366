"""What a hook that asks another system promises, asked of its template."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from pinpoint_patterns import CampaignHook, ExternalTemplate, FetchedAttributes, IPinpointProject
from pinpoint_patterns.hook_filters import HookFilter
from tests.infra.test_campaign_hook import check_that_pinpoint_alone_may_invoke
from tests.support.templates import (
    flat,
    one,
    only,
    reach,
    template_of,
    thresholds,
    timeouts,
    variables,
)

URL = "https://offers.example.com/v1/attributes"
OFFER = FetchedAttributes(url=URL, names=["Offer"], fallback={"Offer": ["none"]})
BODY = ExternalTemplate(url="https://templates.example.com/v1/bodies")
READS_SECRET = {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}


def with_fetches(*filters: HookFilter, **options: Any) -> Template:
    return template_of(
        lambda stack, project: CampaignHook(
            stack, "Hook", project=project, filters=filters or [OFFER, BODY], **options
        )
    )


@pytest.fixture(scope="module")
def template() -> Template:
    return with_fetches()


def fetches(template: Template) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(flat(variables(template, "HookFunction").get("FETCHES", "[]")))
    return found


def test_the_function_is_told_what_to_ask_where_in_the_order_given(template: Template) -> None:
    assert [(each["url"], each["names"], each.get("fallback")) for each in fetches(template)] == [
        (URL, ["Offer"], {"Offer": ["none"]}),
        ("https://templates.example.com/v1/bodies", ["Body"], None),
    ]
    assert [(each["wait"], each["largest"]) for each in fetches(template)] == [(3, 4096), (5, 100_000)]


def test_questions_are_signed_by_one_secret_that_outlives_the_stack(template: Template) -> None:
    secret, _ = one(template, "AWS::SecretsManager::Secret")
    assert {each["secret"] for each in fetches(template)} == {f"<{secret}>"}
    resource = template.to_json()["Resources"][secret]
    assert (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == ("Retain", "Retain")
    assert (
        only(template, "AWS::SecretsManager::Secret").get("GenerateSecretString", {}).get("PasswordLength")
        == 44
    )


def test_the_function_may_read_the_secret_and_no_more(template: Template) -> None:
    assert reach(template, "HookRole") == {
        "<HookFetchSecret>": READS_SECRET,
        "<HookDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_pinpoint_may_invoke_it_for_this_project_of_this_account_alone(template: Template) -> None:
    check_that_pinpoint_alone_may_invoke(template, "HookFunction")


def test_it_ends_before_pinpoint_drops_the_batch_and_its_budget_before_that(template: Template) -> None:
    budget = int(variables(template, "HookFunction").get("BUDGET_SECONDS", 99))
    assert max(each["wait"] for each in fetches(template)) < budget
    assert budget < timeouts(template)["HookFunction"] < 15


def test_it_rings_when_it_is_slow_before_batches_are_dropped(template: Template) -> None:
    assert thresholds(template) == {"HookDurationAlarm": ("Duration", ">=", 11_000)}
    assert only(template, "AWS::CloudWatch::Alarm", "DurationAlarm")["Statistic"] == "Maximum"


def test_it_leaves_out_nobody_by_rule(template: Template) -> None:
    assert variables(template, "HookFunction").get("DENY") == "{}"


def test_a_secret_of_ones_own_signs_and_none_is_made() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:offers-AbCdEf"

    def build(stack: Stack, project: IPinpointProject) -> None:
        secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Secret", arn)
        wanted = FetchedAttributes(url=URL, names=["Offer"], secret=secret)
        assert CampaignHook(stack, "Hook", project=project, filters=[wanted]).fetch_secret is None

    template = template_of(build)
    template.resource_count_is("AWS::SecretsManager::Secret", 0)
    assert [each["secret"] for each in fetches(template)] == [arn]
    assert reach(template, "HookRole")[arn] == READS_SECRET


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: FetchedAttributes(url="http://offers.example.com", names=["Offer"]), "https://"),
        (lambda: FetchedAttributes(url=URL, names="Offer"), "list such as"),
        (lambda: FetchedAttributes(url=URL, names=[]), "list such as"),
        (lambda: FetchedAttributes(url=URL, names=["A", "A"]), "each once"),
        (lambda: FetchedAttributes(url=URL, names=["A"], fallback={}), "a value for each"),
        (lambda: FetchedAttributes(url=URL, names=["A"], fallback={"A": "x"}), "lists of texts"),
        (lambda: FetchedAttributes(url=URL, names=["A"], wait=Duration.seconds(9)), "1 to 8 seconds"),
        (lambda: ExternalTemplate(url=URL, largest=100_001), "1 to 100000 bytes"),
        (
            lambda: FetchedAttributes(url=URL, names=["A"], fallback={"A": ["x" * 5000]}),
            "fallback must have at most 4096 bytes",
        ),
        (lambda: ExternalTemplate(url=URL, names=["A", "B"]), "one name"),
    ],
)
def test_what_cannot_work_is_refused_at_once(call: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
