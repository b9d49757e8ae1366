"""What a message sender promises, asked of its template."""

from typing import Any

import pytest
from aws_cdk import App, Duration, Stack, Validations
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from pinpoint_patterns import IPinpointProject, MessageSender, PinpointEngine, PinpointProject
from tests.support.templates import (
    APPLICATION_ID,
    CONSUMES,
    SENDS,
    only,
    reach,
    resources,
    template_of,
    thresholds,
    timeouts,
    variables,
)

APPLICATION = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}"


def sender_template(**options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        sender = MessageSender(stack, "Sender", project=project, **options)
        producer = iam.Role(stack, "Producer", assumed_by=iam.AccountRootPrincipal())
        sender.grant_send(producer)
        sender.grant_upload(producer)

    return template_of(build)


@pytest.fixture(scope="module")
def sender() -> Template:
    return sender_template()


def test_the_worker_may_send_look_up_claim_tell_and_read_files_and_nothing_else(sender: Template) -> None:
    assert reach(sender, "SenderRequestsWorkerRole") == {
        "<SenderRequestsMessagesQueue.Arn>": CONSUMES | SENDS,
        "<SenderRequestsMessagesDeadLettersQueue.Arn>": SENDS,
        "<SenderRequestsWorkerDeadLettersQueue.Arn>": {"sqs:SendMessage"},
        "<SenderLedger.Arn>": {"dynamodb:PutItem", "dynamodb:UpdateItem"},
        "<SenderRecipients.Arn>/recipients/*": {"s3:GetObject", "s3:GetObjectVersion"},
        "arn:<AWS::Partition>:events:eu-west-1:111122223333:event-bus/default": {"events:PutEvents"},
        f"{APPLICATION}/messages": {"mobiletargeting:SendMessages"},
        f"{APPLICATION}/endpoints/*": {"mobiletargeting:GetEndpoint"},
        f"{APPLICATION}/users/*": {"mobiletargeting:GetUserEndpoints"},
    }


def test_a_producer_may_ask_and_upload_and_nothing_else(sender: Template) -> None:
    assert reach(sender, "ProducerDefaultPolicy") == {
        "<SenderRequestsMessagesQueue.Arn>": SENDS,
        "<SenderRecipients.Arn>/recipients/*": {"s3:PutObject"},
    }


def test_the_worker_is_told_where_its_work_is_and_how_patient_to_be(sender: Template) -> None:
    settings = variables(sender, "SenderRequestsWorker")
    assert set(settings) == {
        "APPLICATION_ID",
        "BUCKET",
        "BUDGET_SECONDS",
        "CHANNELS",
        "DEAD_LETTERS_URL",
        "EVENT_BUS",
        "GIVE_UP_AFTER_SECONDS",
        "LEASE_SECONDS",
        "LEDGER_TABLE",
        "MAX_ATTEMPTS",
        "POWERTOOLS_SERVICE_NAME",
        "QUEUE_URL",
    }
    assert (settings.get("CHANNELS"), settings.get("GIVE_UP_AFTER_SECONDS")) == ("EMAIL,SMS,VOICE", "21600")


def test_a_lease_outlasts_the_worker_and_ends_before_its_message_returns(sender: Template) -> None:
    queue = only(sender, "AWS::SQS::Queue", "RequestsMessagesQueue")
    settings = variables(sender, "SenderRequestsWorker")
    assert timeouts(sender) == {"SenderRequestsWorkerFunction": 300}
    assert 300 < int(settings.get("LEASE_SECONDS", 0)) < queue.get("VisibilityTimeout", 30)


def test_calls_are_begun_only_while_there_is_time_for_their_answers(sender: Template) -> None:
    budget = int(variables(sender, "SenderRequestsWorker").get("BUDGET_SECONDS", 999))
    assert budget + 32 < timeouts(sender)["SenderRequestsWorkerFunction"]


def test_requests_are_gathered_so_that_calls_are_full(sender: Template) -> None:
    mapping = only(sender, "AWS::Lambda::EventSourceMapping")
    assert (mapping.get("BatchSize"), mapping.get("MaximumBatchingWindowInSeconds")) == (1_000, 2)
    assert mapping.get("ScalingConfig", {}).get("MaximumConcurrency") == 10


def test_patience_never_exhausts_the_queues_own_limit(sender: Template) -> None:
    redrive = only(sender, "AWS::SQS::Queue", "RequestsMessagesQueue").get("RedrivePolicy", {})
    # Waits grow to 150 seconds at least.
    patience = int(variables(sender, "SenderRequestsWorker")["GIVE_UP_AFTER_SECONDS"])
    assert redrive.get("maxReceiveCount", 0) > patience / 150 + 10


def test_a_recipient_is_claimed_by_its_key_alone(sender: Template) -> None:
    table = only(sender, "AWS::DynamoDB::GlobalTable", "Ledger")
    assert [key["AttributeName"] for key in table.get("KeySchema", [])] == ["pk"]


def test_an_unknown_result_and_an_hour_of_waiting_ring(sender: Template) -> None:
    assert thresholds(sender) == {
        "SenderUnknownAlarm": ("Unknown", ">=", 1),
        "SenderRequestsAgeAlarm": ("ApproximateAgeOfOldestMessage", ">=", 3600),
    }
    unknown = only(sender, "AWS::CloudWatch::Alarm", "UnknownAlarm")
    assert unknown["Namespace"] == "PinpointPatterns"
    assert unknown["Dimensions"] == [{"Name": "Pattern", "Value": "SendMessage"}]


def test_files_of_recipients_are_kept_for_a_fortnight(sender: Template) -> None:
    (rule,) = only(sender, "AWS::S3::Bucket").get("LifecycleConfiguration", {}).get("Rules", [{}])
    assert rule.get("ExpirationInDays") == 14
    assert rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") == 1


def test_bus_bucket_and_key_may_be_ones_own() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        bus = events.EventBus(stack, "Bus")
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "lists")
        key = kms.Key(stack, "Key")
        MessageSender(
            stack, "Sender", project=project, event_bus=bus, bucket=bucket, encryption_key=key, push=True
        )

    template = template_of(build)
    may = reach(template, "SenderRequestsWorkerRole")
    assert may["<Bus.Arn>"] == {"events:PutEvents"}
    assert may["arn:<AWS::Partition>:s3:::lists/recipients/*"] == {"s3:GetObject", "s3:GetObjectVersion"}
    assert resources(template, "AWS::S3::Bucket") == {}
    assert variables(template, "SenderRequestsWorker")["CHANNELS"] == "EMAIL,SMS,VOICE,PUSH"
    queue = only(template, "AWS::SQS::Queue", "RequestsMessagesQueue")
    assert "KmsMasterKeyId" in queue


def test_a_bucket_with_a_key_is_read_and_written_with_it() -> None:
    def build(stack: Stack, project: IPinpointProject) -> None:
        sender = MessageSender(stack, "Sender", project=project, encryption_key=kms.Key(stack, "Key"))
        sender.grant_upload(iam.Role(stack, "Producer", assumed_by=iam.AccountRootPrincipal()))

    template = template_of(build)
    assert "kms:Decrypt" in reach(template, "SenderRequestsWorkerRole")["<Key.Arn>"]
    assert reach(template, "ProducerDefaultPolicy")["<Key.Arn>"] == {"kms:GenerateDataKey", "kms:Decrypt"}
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {"BucketEncryption": Match.object_like({"ServerSideEncryptionConfiguration": Match.any_value()})},
    )


def test_a_wildcard_accepted_of_pinpoint_is_accepted_of_the_engines_api() -> None:
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    engine = PinpointEngine(Stack(app, "Engine"), "Engine")
    project = PinpointProject(Stack(app, "Project"), "Project", name="shop")
    MessageSender(Stack(app, "Sender"), "Sender", project=project)
    engine.host(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks())
    sender = app.synth().get_stack_by_name("Sender").template
    statements = [
        statement
        for resource in sender["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy"
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert any(statement["Action"] == "execute-api:Invoke" for statement in statements)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"channels": ["PUSH"]}, "push=True"),
        ({"channels": []}, "empty"),
        ({"max_concurrency": 1}, "2 to 1000"),
        ({"max_attempts": 51}, "1 to 50"),
        ({"give_up_after": Duration.hours(7)}, "6 hours"),
        ({"give_up_after": Duration.seconds(59)}, "1 minute"),
    ],
)
def test_what_cannot_work_is_refused_at_once(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sender_template(**options)
