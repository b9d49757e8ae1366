"""A platform that hears of hard bounces: who may do what on the way there, and what is kept of failures."""

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

from pinpoint_patterns import EngagementEvents, EventStream, IPinpointProject
from tests.infra.test_event_stream import READING
from tests.support.templates import (
    SENDS,
    flat,
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
        "<EventsCallbacksSenderMessagesQueue.Arn>": SENDS,
        "<EventsMalformedQueue.Arn>": SENDS,
        "<EventsConsumerFunctionPinpointEventsDeadLettersQueue.Arn>": SENDS,
        "<EventsConsumerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_the_consumer_is_told_where_its_queues_are(template: Template) -> None:
    consumer = variables(template, "EventsConsumer")
    assert set(consumer) == {"POWERTOOLS_SERVICE_NAME", "CALLBACKS_QUEUE_URL", "MALFORMED_QUEUE_URL"}
    assert "EventsCallbacksSenderMessagesQueue" in flat(consumer.get("CALLBACKS_QUEUE_URL"))
    assert "EventsMalformedQueue" in flat(consumer.get("MALFORMED_QUEUE_URL"))


def test_a_hundred_events_have_a_minute(template: Template) -> None:
    assert timeouts(template).get("EventsConsumerFunction") == 60


def test_the_consumer_takes_a_hundred_events_at_a_time(template: Template) -> None:
    mappings = resources(template, "AWS::Lambda::EventSourceMapping").values()
    sizes = {plain(flat(each["EventSourceArn"])): each.get("BatchSize") for each in mappings}
    assert sizes.get("<Stream.Arn>") == 100


def test_malformed_events_wait_in_a_queue_with_an_alarm(template: Template) -> None:
    alarms = template.find_resources("AWS::CloudWatch::Alarm")
    assert [name for name in alarms if "EventsMalformedAlarm" in name]


def test_a_consumer_that_falls_behind_rings(template: Template) -> None:
    assert ("IteratorAge", ">=", 12 * 3600 * 1000) in thresholds(template).values()


def test_a_webhook_without_tls_is_refused() -> None:
    with pytest.raises(ValueError, match="url must start with https"):
        with_url("http://cdp.example.com/x")


def test_attempts_are_a_setting() -> None:
    assert variables(with_url(attempts=3), "Sender")["MOST_ATTEMPTS"] == "3"
