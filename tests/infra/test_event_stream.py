"""An event stream: who may write to it, who reads it, and what becomes of what cannot be read."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from pinpoint_patterns import EventStream, IPinpointProject
from tests.support.templates import (
    SENDS,
    a_function,
    allowed,
    flat,
    only,
    reach,
    template_of,
    thresholds,
    timeouts,
)

READING = {
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamConsumer",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
}


def with_consumer(**options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        reader = a_function(stack, "Reader")
        EventStream(stack, "Events", project=project).add_consumer(reader.function, **options)

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return with_consumer()


def test_the_stream_is_on_demand_encrypted_with_a_rotated_key_and_kept(template: Template) -> None:
    stream = only(template, "AWS::Kinesis::Stream")
    assert stream.get("StreamModeDetails") == {"StreamMode": "ON_DEMAND"}
    assert stream.get("StreamEncryption", {}).get("EncryptionType") == "KMS"
    assert stream.get("RetentionPeriodHours") == 24
    assert only(template, "AWS::KMS::Key").get("EnableKeyRotation") is True
    template.has_resource("AWS::Kinesis::Stream", {"DeletionPolicy": "Retain"})
    template.has_resource("AWS::KMS::Key", {"DeletionPolicy": "Retain"})


def test_only_pinpoint_for_this_project_takes_the_writing_role(template: Template) -> None:
    (statement,) = only(template, "AWS::IAM::Role", "EventsRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "pinpoint.amazonaws.com"}
    condition = statement.get("Condition", {})
    assert condition.get("StringEquals") == {"aws:SourceAccount": "111122223333"}
    assert "apps/0123456789abcdef" in flat(condition["ArnLike"]["aws:SourceArn"])


def test_the_writing_role_may_write_to_this_stream_and_nothing_else(template: Template) -> None:
    assert reach(template, "EventsWrite") == {
        "<EventsStream.Arn>": {"kinesis:PutRecords", "kinesis:DescribeStream"},
        "<EventsKey.Arn>": {"kms:GenerateDataKey"},
    }


def test_pinpoint_writes_to_this_stream_with_this_role(template: Template) -> None:
    stream = only(template, "AWS::Pinpoint::EventStream")
    assert flat(stream.get("DestinationStreamArn", "")).startswith("<EventsStream")
    assert flat(stream.get("RoleArn", "")).startswith("<EventsRole")


def test_the_event_stream_waits_until_its_role_may_write(template: Template) -> None:
    (resource,) = template.find_resources("AWS::Pinpoint::EventStream").values()
    (policy,) = (name for name in template.find_resources("AWS::IAM::Policy") if "EventsWrite" in name)
    assert policy in resource["DependsOn"]


def test_a_consumer_takes_a_hundred_records_at_a_time_and_has_half_a_minute_for_them(
    template: Template,
) -> None:
    assert only(template, "AWS::Lambda::EventSourceMapping").get("BatchSize") == 100
    assert timeouts(template) == {"ReaderFunction": 30}


def test_what_a_consumer_gives_up_is_named_in_a_queue_of_its_own(template: Template) -> None:
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    destination = flat(mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", ""))
    assert destination.startswith("<ReaderFunctionPinpointEvents")


def test_an_alarm_rings_before_records_expire_unread(template: Template) -> None:
    half_a_day = 12 * 3600 * 1000
    assert thresholds(template) == {
        "ReaderFunctionPinpointEventsIteratorAgeAlarm": ("IteratorAge", ">=", half_a_day)
    }
    assert only(template, "AWS::CloudWatch::Alarm", "IteratorAge")["Statistic"] == "Maximum"


def test_a_consumer_may_read_the_stream_and_decrypt_it(template: Template) -> None:
    assert reach(template, "ReaderRole") == {
        "<EventsStream.Arn>": READING,
        "<EventsKey.Arn>": {"kms:Decrypt"},
        "<ReaderFunctionPinpointEventsDeadLettersQueue.Arn>": SENDS,
        "<ReaderDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }


def test_a_consumer_of_another_pace_is_possible() -> None:
    mapping = only(
        with_consumer(batch_size=10, retry_attempts=1, parallelization_factor=4),
        "AWS::Lambda::EventSourceMapping",
    )
    assert (mapping["BatchSize"], mapping["MaximumRetryAttempts"]) == (10, 1)
    assert mapping["ParallelizationFactor"] == 4


def test_an_existing_stream_and_its_key_serve_as_well() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        stream = kinesis.Stream.from_stream_arn(
            stack, "Own", "arn:aws:kinesis:eu-west-1:111122223333:stream/own"
        )
        key = kms.Key.from_key_arn(stack, "OwnKey", "arn:aws:kms:eu-west-1:111122223333:key/own")
        EventStream(stack, "Events", project=project, stream=stream, encryption_key=key)

    template = template_of(build)
    template.resource_count_is("AWS::Kinesis::Stream", 0)
    template.resource_count_is("AWS::KMS::Key", 0)
    actions = allowed(template, "EventsWrite")
    assert actions["kinesis:PutRecords"] == "arn:aws:kinesis:eu-west-1:111122223333:stream/own"
    assert actions["kms:GenerateDataKey"] == "arn:aws:kms:eu-west-1:111122223333:key/own"


def test_a_retention_that_kinesis_does_not_offer_is_refused() -> None:
    with pytest.raises(ValueError, match="retention must be 24 hours to 365 days, got 12 hours"):
        template_of(
            lambda stack, project: EventStream(stack, "Events", project=project, retention=Duration.hours(12))
        )
