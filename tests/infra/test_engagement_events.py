"""A platform that hears of hard bounces: who may do what on the way there, and what is kept of failures."""

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from pinpoint_patterns import EngagementEvents, EventStream, IPinpointProject
from tests.infra.test_event_stream import READING
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

URL = "https://cdp.example.com/v1/callbacks"


def with_url(url: str = URL, **options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        stream = EventStream(stack, "Stream", project=project)
        EngagementEvents(stack, "Events", event_stream=stream, callback_url=url, **options)

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return with_url()


def test_the_consumer_reads_the_stream_and_writes_to_its_queues(template: Template) -> None:
    assert reach(template, "EventsConsumerRole") == {
        "<Stream.Arn>": READING,
        "<StreamKey.Arn>": {"kms:Decrypt"},
        "<EventsCallbacksQueue.Arn>": SENDS,
        "<EventsMalformedQueue.Arn>": SENDS,
        "<EventsConsumerFunctionPinpointEventsDeadLettersQueue.Arn>": SENDS,
        "<EventsConsumerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_the_sender_reads_one_secret_and_writes_one_ledger(template: Template) -> None:
    assert reach(template, "EventsSenderRole") == {
        "<EventsSecret>": {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"},
        "<EventsLedger.Arn>": {"dynamodb:UpdateItem"},
        "<EventsCallbacksQueue.Arn>": CONSUMES,
        "<EventsCallbacksDeadLettersQueue.Arn>": SENDS,
        "<EventsSenderDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_each_function_is_told_where_its_work_is(template: Template) -> None:
    consumer, sender = variables(template, "EventsConsumer"), variables(template, "EventsSender")
    assert set(consumer) == {"POWERTOOLS_SERVICE_NAME", "CALLBACKS_QUEUE_URL", "MALFORMED_QUEUE_URL"}
    assert set(sender) == {
        "POWERTOOLS_SERVICE_NAME",
        "CALLBACK_URL",
        "CALLBACK_SECRET_ARN",
        "CALLBACKS_QUEUE_URL",
        "DEAD_LETTERS_QUEUE_URL",
        "LEDGER_TABLE",
        "MOST_ATTEMPTS",
    }


def test_five_callbacks_in_a_row_have_the_time_to_run_out_of_theirs(template: Template) -> None:
    assert timeouts(template) == {"EventsConsumerFunction": 60, "EventsSenderFunction": 80}


def test_no_function_has_the_secret_in_its_environment(template: Template) -> None:
    assert "EventsSecret" in flat(variables(template, "Sender")["CALLBACK_SECRET_ARN"])
    assert "resolve:secretsmanager" not in str(template.to_json())


def test_the_consumer_takes_a_hundred_events_at_a_time_and_the_sender_five_callbacks(
    template: Template,
) -> None:
    mappings = resources(template, "AWS::Lambda::EventSourceMapping").values()
    sizes = {plain(flat(each["EventSourceArn"])): each.get("BatchSize") for each in mappings}
    assert sizes == {"<Stream.Arn>": 100, "<EventsCallbacksQueue.Arn>": 5}


def test_a_callback_that_is_asked_for_patience_is_not_given_up_by_its_queue(template: Template) -> None:
    queue = only(template, "AWS::SQS::Queue", "EventsCallbacksQueue")
    assert queue.get("RedrivePolicy", {}).get("maxReceiveCount") == 200


def test_malformed_events_and_dead_callbacks_wait_in_queues_with_alarms(template: Template) -> None:
    alarms = template.find_resources("AWS::CloudWatch::Alarm")
    assert [name for name in alarms if "EventsMalformedAlarm" in name]
    assert [name for name in alarms if "EventsCallbacksDeadLettersAlarm" in name]


def test_a_consumer_that_falls_behind_rings(template: Template) -> None:
    assert list(thresholds(template).values()) == [("IteratorAge", ">=", 12 * 3600 * 1000)]


def test_a_callback_is_claimed_by_its_key_alone(template: Template) -> None:
    ledger = only(template, "AWS::DynamoDB::GlobalTable", "EventsLedger")
    assert [key["AttributeName"] for key in ledger.get("KeySchema", [])] == ["pk"]


@pytest.mark.parametrize("url", ["http://cdp.example.com/x", "ftp://cdp.example.com", "cdp.example.com"])
def test_a_webhook_without_tls_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="callback_url must be an https"):
        with_url(url)


def test_this_machine_may_be_reached_without_tls() -> None:
    assert variables(with_url("http://127.0.0.1:9000/x"), "Sender")["CALLBACK_URL"].startswith("http://127")


def test_attempts_are_a_setting() -> None:
    assert variables(with_url(attempts=3), "Sender")["MOST_ATTEMPTS"] == "3"
