"""A platform that hears of hard bounces: who may do what on the way there, and what is kept of failures."""

import re
from collections import Counter
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from pinpoint_patterns import EngagementEvents, EventStream, IPinpointProject
from tests.infra.test_event_stream import READING
from tests.support.templates import allowed, flat, only, template_of

URL = "https://cdp.example.com/v1/callbacks"


def with_url(url: str = URL, **options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        stream = EventStream(stack, "Stream", project=project)
        EngagementEvents(stack, "Events", event_stream=stream, callback_url=url, **options)

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return with_url()


def grants(template: Template, named: str) -> dict[str, str]:
    found = {action: flat(arn) for action, arn in allowed(template, named).items()}
    return {action: arn for action, arn in found.items() if not action.startswith("logs:")}


def count(found: dict[str, str], action: str) -> dict[str, int]:
    """How often each queue is named, by what its logical id begins with."""
    names = [
        re.split(r"[0-9a-f]{42}|[0-9A-F]{8}", name)[0] for name in re.findall(r"<(\w+)\.", found[action])
    ]
    return dict(Counter(names))


def variables(template: Template, named: str) -> dict[str, Any]:
    function = only(template, "AWS::Lambda::Function", named)
    found: dict[str, Any] = function["Environment"]["Variables"]
    return found


def test_the_consumer_reads_the_stream_and_writes_to_its_queues(template: Template) -> None:
    found = grants(template, "EventsConsumerRole")
    assert set(found) == {*READING, "sqs:SendMessage"}
    assert count(found, "sqs:SendMessage") == {
        "EventsCallbacksQueue": 1,
        "EventsMalformedQueue": 1,
        "EventsConsumerDeadLettersQueue": 1,
        "EventsConsumerFunctionPinpointEvents": 1,
    }
    for action in ("sqs:GetQueueAttributes", "sqs:GetQueueUrl"):
        assert found[action].count("<Events") == 3


def test_the_consumer_may_not_read_the_secret(template: Template) -> None:
    assert not [action for action in grants(template, "EventsConsumerRole") if "secret" in action]


def test_the_sender_reads_one_secret_and_writes_one_ledger(template: Template) -> None:
    found = grants(template, "EventsSenderRole")
    assert set(found) == {
        "secretsmanager:GetSecretValue",
        "secretsmanager:DescribeSecret",
        "dynamodb:UpdateItem",
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueUrl",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }
    assert found["secretsmanager:GetSecretValue"].startswith("<EventsSecret")
    assert count(found, "sqs:SendMessage") == {
        "EventsCallbacksDeadLettersQueue": 1,
        "EventsSenderDeadLettersQueue": 1,
    }
    for action in ("sqs:GetQueueAttributes", "sqs:GetQueueUrl"):
        assert found[action].count("<Events") == 2


def test_no_function_has_the_secret_in_its_environment(template: Template) -> None:
    assert "EventsSecret" in flat(variables(template, "Sender")["CALLBACK_SECRET_ARN"])
    assert "resolve:secretsmanager" not in str(template.to_json())


def test_the_consumer_answers_with_the_record_where_it_stopped(template: Template) -> None:
    mappings = template.find_resources("AWS::Lambda::EventSourceMapping").values()
    (stream,) = (m["Properties"] for m in mappings if "StartingPosition" in m["Properties"])
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_sender_answers_with_the_callbacks_that_have_to_wait(template: Template) -> None:
    mappings = template.find_resources("AWS::Lambda::EventSourceMapping").values()
    (queue,) = (m["Properties"] for m in mappings if "StartingPosition" not in m["Properties"])
    assert queue["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["BatchSize"] == 5


def test_a_callback_stays_hidden_six_times_as_long_as_the_sender_may_work(template: Template) -> None:
    queue = only(template, "AWS::SQS::Queue", "EventsCallbacksQueue")
    function = only(template, "AWS::Lambda::Function", "EventsSender")
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_malformed_events_and_dead_callbacks_wait_in_queues_with_alarms(template: Template) -> None:
    alarms = template.find_resources("AWS::CloudWatch::Alarm")
    assert [name for name in alarms if "EventsMalformedAlarm" in name]
    assert [name for name in alarms if "EventsCallbacksDeadLettersAlarm" in name]
    queue = only(template, "AWS::SQS::Queue", "EventsMalformedQueue")
    assert queue["MessageRetentionPeriod"] == 14 * 86_400


def test_the_ledger_is_kept_and_forgets_by_itself(template: Template) -> None:
    (ledger,) = template.find_resources("AWS::DynamoDB::GlobalTable").values()
    assert ledger["DeletionPolicy"] == "Retain"
    assert ledger["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


@pytest.mark.parametrize("url", ["http://cdp.example.com/x", "ftp://cdp.example.com", "cdp.example.com"])
def test_a_webhook_without_tls_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="callback_url must be an https"):
        with_url(url)


def test_this_machine_may_be_reached_without_tls() -> None:
    assert variables(with_url("http://127.0.0.1:9000/x"), "Sender")["CALLBACK_URL"].startswith("http://127")


def test_attempts_are_a_setting() -> None:
    assert variables(with_url(attempts=3), "Sender")["MOST_ATTEMPTS"] == "3"
