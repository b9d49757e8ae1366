"""An event stream: who may write to it, who reads it, and what becomes of what cannot be read."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from pinpoint_patterns import EventStream, IPinpointProject
from tests.support.templates import allowed, flat, only, template_of

READING = {
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamConsumer",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
    "kms:Decrypt",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
}


def with_consumer(**options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        function = lambda_.Function(
            stack,
            "Reader",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="x.y",
            code=lambda_.Code.from_inline("pass"),
        )
        EventStream(stack, "Events", project=project).add_consumer(function, **options)

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return with_consumer()


def test_the_stream_is_on_demand_encrypted_with_a_rotated_key_and_kept(template: Template) -> None:
    stream = only(template, "AWS::Kinesis::Stream")
    assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"
    assert stream["RetentionPeriodHours"] == 24
    assert only(template, "AWS::KMS::Key")["EnableKeyRotation"] is True
    template.has_resource("AWS::Kinesis::Stream", {"DeletionPolicy": "Retain"})
    template.has_resource("AWS::KMS::Key", {"DeletionPolicy": "Retain"})


def test_only_pinpoint_for_this_project_takes_the_writing_role(template: Template) -> None:
    (statement,) = only(template, "AWS::IAM::Role", "EventsRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "pinpoint.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}
    assert "apps/0123456789abcdef" in flat(statement["Condition"]["ArnLike"]["aws:SourceArn"])


def test_the_writing_role_may_write_to_this_stream_and_nothing_else(template: Template) -> None:
    actions = {action: flat(arn) for action, arn in allowed(template, "EventsWrite").items()}
    assert set(actions) == {"kinesis:PutRecords", "kinesis:DescribeStream", "kms:GenerateDataKey"}
    assert actions["kinesis:PutRecords"].startswith("<EventsStream")
    assert actions["kms:GenerateDataKey"].startswith("<EventsKey")


def test_the_event_stream_waits_until_its_role_may_write(template: Template) -> None:
    (resource,) = template.find_resources("AWS::Pinpoint::EventStream").values()
    (policy,) = (name for name in template.find_resources("AWS::IAM::Policy") if "EventsWrite" in name)
    assert policy in resource["DependsOn"]


def test_a_consumer_isolates_bad_records_and_gives_up_in_the_end(template: Template) -> None:
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumRetryAttempts"] == 5
    assert mapping["MaximumRecordAgeInSeconds"] == 86_400
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_what_a_consumer_gives_up_is_named_in_a_queue_with_an_alarm(template: Template) -> None:
    mapping = only(template, "AWS::Lambda::EventSourceMapping")
    destination = flat(mapping["DestinationConfig"]["OnFailure"]["Destination"])
    assert "DeadLettersQueue" in destination
    alarm = only(template, "AWS::CloudWatch::Alarm", "DeadLettersAlarm")
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Threshold"] == 1


def test_an_alarm_rings_before_records_expire_unread(template: Template) -> None:
    alarm = only(template, "AWS::CloudWatch::Alarm", "IteratorAge")
    assert alarm["MetricName"] == "IteratorAge"
    assert alarm["Statistic"] == "Maximum"
    assert alarm["Threshold"] == 12 * 3600 * 1000


def test_a_consumer_may_read_the_stream_and_decrypt_it(template: Template) -> None:
    actions = allowed(template, "ReaderServiceRole")
    assert set(actions) == {*READING, "sqs:SendMessage"}
    assert "DeadLettersQueue" in flat(actions["sqs:SendMessage"])


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
