"""A system of record that is told by webhook: who may do what on the way, what is kept of failures."""

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from pinpoint_patterns import CallbackSender
from tests.support.templates import (
    CONSUMES,
    SENDS,
    flat,
    only,
    plain,
    reach,
    resources,
    template_of,
    thresholds,
    timeouts,
    variables,
)

URL = "https://records.example.com/v1/callbacks"


def with_producer(url: str = URL, **options: Any) -> Template:
    def build(stack: Stack, _project: object) -> None:
        callbacks = CallbackSender(stack, "Callbacks", url=url, **options)
        producer = iam.Role(stack, "Producer", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        callbacks.grant_send(producer)

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return with_producer()


def test_the_sender_reads_one_secret_and_writes_one_ledger(template: Template) -> None:
    assert reach(template, "CallbacksSenderWorkerRole") == {
        "<CallbacksSecret>": {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"},
        "<CallbacksLedger.Arn>": {"dynamodb:UpdateItem"},
        "<CallbacksSenderMessagesQueue.Arn>": CONSUMES,
        "<CallbacksSenderMessagesDeadLettersQueue.Arn>": SENDS,
        "<CallbacksSenderWorkerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_a_producer_may_only_send(template: Template) -> None:
    assert reach(template, "ProducerDefaultPolicy") == {"<CallbacksSenderMessagesQueue.Arn>": SENDS}


def test_the_sender_is_told_where_its_work_is(template: Template) -> None:
    assert set(variables(template, "CallbacksSender")) == {
        "POWERTOOLS_SERVICE_NAME",
        "CALLBACKS_NAME",
        "CALLBACK_URL",
        "CALLBACK_SECRET_ARN",
        "QUEUE_URL",
        "DEAD_LETTERS_URL",
        "LEDGER_TABLE",
        "MOST_ATTEMPTS",
    }


def test_the_secret_is_in_no_environment(template: Template) -> None:
    assert "CallbacksSecret" in flat(variables(template, "Sender")["CALLBACK_SECRET_ARN"])
    assert "resolve:secretsmanager" not in str(template.to_json())


def test_five_callbacks_in_a_row_have_the_time_to_run_out_of_theirs(template: Template) -> None:
    assert timeouts(template) == {"CallbacksSenderWorkerFunction": 80}
    mappings = resources(template, "AWS::Lambda::EventSourceMapping").values()
    assert [each.get("BatchSize") for each in mappings] == [5]


def test_a_receiver_is_not_asked_by_more_than_ten_at_once(template: Template) -> None:
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    assert mapping.get("ScalingConfig") == {"MaximumConcurrency": 10}
    assert plain(flat(mapping.get("EventSourceArn"))) == "<CallbacksSenderMessagesQueue.Arn>"


def test_a_callback_that_is_asked_for_patience_is_not_given_up_by_its_queue(template: Template) -> None:
    queue = only(template, "AWS::SQS::Queue", "CallbacksSenderMessagesQueue")
    assert queue.get("RedrivePolicy", {}).get("maxReceiveCount") == 1000
    assert queue.get("VisibilityTimeout") == 6 * 80


def test_callbacks_that_wait_for_an_hour_ring(template: Template) -> None:
    assert list(thresholds(template).values()) == [("ApproximateAgeOfOldestMessage", ">=", 3600)]


def test_dead_callbacks_wait_in_a_queue_with_an_alarm(template: Template) -> None:
    alarms = template.find_resources("AWS::CloudWatch::Alarm")
    assert [name for name in alarms if "CallbacksSenderMessagesDeadLettersAlarm" in name]


def test_a_callback_is_claimed_by_its_key_alone(template: Template) -> None:
    ledger = only(template, "AWS::DynamoDB::GlobalTable", "CallbacksLedger")
    assert [key["AttributeName"] for key in ledger.get("KeySchema", [])] == ["pk"]


def test_counts_are_found_under_the_senders_name() -> None:
    found: list[Any] = []

    def build(stack: Stack, _project: object) -> None:
        sender = CallbackSender(stack, "Callbacks", url=URL, name="crm")
        found.extend(
            [
                sender.metric_delivered(),
                sender.metric_failed(),
                sender.metric_postponed(),
                sender.metric_duplicates(),
            ]
        )

    template = template_of(build)
    assert [metric.metric_name for metric in found] == ["Delivered", "Failed", "Postponed", "Duplicates"]
    assert all(metric.dimensions == {"Callbacks": "crm"} for metric in found)
    assert variables(template, "CallbacksSender")["CALLBACKS_NAME"] == "crm"


@pytest.mark.parametrize("url", ["http://records.example.com/x", "ftp://records.example.com", "records"])
def test_a_webhook_without_tls_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url must start with https"):
        with_producer(url)


def test_this_machine_may_be_reached_without_tls() -> None:
    template = with_producer("http://127.0.0.1:9000/x")
    assert variables(template, "Sender")["CALLBACK_URL"].startswith("http://127")


def test_attempts_are_a_setting_within_bounds() -> None:
    assert variables(with_producer(attempts=3), "Sender")["MOST_ATTEMPTS"] == "3"
    with pytest.raises(ValueError, match="attempts must be 1 to 50, got 0"):
        with_producer(attempts=0)


def test_a_name_that_no_metric_could_have_is_refused() -> None:
    with pytest.raises(ValueError, match="name must be lower case"):
        with_producer(name="Records of people")
