"""What a custom channel promises, asked of its template."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from pinpoint_patterns import CustomChannel, InboxChannel, IPinpointProject, WebhookChannel
from tests.support.templates import (
    APPLICATION_ID,
    CONSUMES,
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

URL = "https://messages.example.com/v1/messages"
EVENTS = f"arn:<AWS::Partition>:mobiletargeting:eu-west-1:111122223333:apps/{APPLICATION_ID}/events"


def webhook_template(**options: Any) -> Template:
    return template_of(
        lambda stack, project: WebhookChannel(
            stack, "Channel", project=project, url=URL, idempotency_key=True, **options
        )
    )


def inbox_template() -> Template:
    return template_of(lambda stack, project: InboxChannel(stack, "Channel", project=project))


@pytest.fixture(scope="module")
def webhook() -> Template:
    return webhook_template()


@pytest.fixture(scope="module")
def inbox() -> Template:
    return inbox_template()


# What every sender may do, whatever its adapter and project.
SENDING_ANYWHERE = {
    "<ChannelLedger.Arn>": {"dynamodb:UpdateItem"},
    "<ChannelMessagesQueue.Arn>": CONSUMES,
    "<ChannelMessagesDeadLettersQueue.Arn>": SENDS,
    "<ChannelSenderDeadLettersQueue.Arn>": {"sqs:SendMessage"},
}
SENDING = {**SENDING_ANYWHERE, EVENTS: {"mobiletargeting:PutEvents"}}

# When a channel's own alarms ring.
ALARMS = {
    "ChannelUnknownAlarm": ("Unknown", ">=", 1),
    "ChannelAgeAlarm": ("ApproximateAgeOfOldestMessage", ">=", 3600),
}

# What every sender is told, whatever its adapter.
SETTINGS = {
    "POWERTOOLS_SERVICE_NAME",
    "ADAPTER",
    "CHANNEL",
    "DEAD_LETTERS_URL",
    "GIVE_UP_AFTER_SECONDS",
    "LEASE_SECONDS",
    "LEDGER_TABLE",
    "MAX_ATTEMPTS",
    "QUEUE_URL",
}


def accepts_for_this_project_alone(template: Template) -> None:
    accept, _ = one(template, "AWS::Lambda::Function", "Accept")
    permission = only(template, "AWS::Lambda::Permission")
    assert permission["FunctionName"] == {"Fn::GetAtt": [accept, "Arn"]}
    assert permission.get("Principal") == "pinpoint.eu-west-1.amazonaws.com"
    assert permission.get("SourceAccount") == "111122223333"
    assert flat(permission.get("SourceArn", "")).endswith(f":apps/{APPLICATION_ID}/*")


def test_pinpoint_may_invoke_the_accept_function_for_this_project_of_this_account_alone(
    webhook: Template,
) -> None:
    accepts_for_this_project_alone(webhook)


def test_an_inbox_accepts_for_this_project_of_this_account_alone(inbox: Template) -> None:
    accepts_for_this_project_alone(inbox)


def accepts_into_its_queue_only(template: Template) -> None:
    assert reach(template, "AcceptRole") == {
        "<ChannelMessagesQueue.Arn>": SENDS,
        "<ChannelAcceptDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }
    assert set(variables(template, "Accept")) == {"POWERTOOLS_SERVICE_NAME", "QUEUE_URL"}


def test_the_accept_function_may_put_messages_into_its_queue_and_nothing_else(webhook: Template) -> None:
    accepts_into_its_queue_only(webhook)


def test_the_accept_function_of_an_inbox_may_put_messages_into_its_queue_and_nothing_else(
    inbox: Template,
) -> None:
    accepts_into_its_queue_only(inbox)


def test_the_accept_function_answers_before_pinpoint_gives_up(webhook: Template) -> None:
    assert timeouts(webhook) == {"ChannelAcceptFunction": 14, "ChannelSenderFunction": 60}
    assert (
        only(webhook, "AWS::Lambda::Function", "Accept")["Handler"]
        == "patterns.custom_channel.handler.handler"
    )


def test_an_inbox_answers_before_pinpoint_gives_up(inbox: Template) -> None:
    assert timeouts(inbox) == {"ChannelAcceptFunction": 14, "ChannelSenderFunction": 60}


def test_the_sender_may_claim_report_to_this_project_and_bury_and_nothing_else(webhook: Template) -> None:
    signing = {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}
    assert reach(webhook, "SenderRole") == {**SENDING, "<ChannelSecret>": signing}


def test_the_sender_of_an_inbox_may_put_items_as_well(inbox: Template) -> None:
    assert reach(inbox, "SenderRole") == {**SENDING, "<ChannelInbox.Arn>": {"dynamodb:PutItem"}}


def test_the_sender_is_told_where_its_work_is_and_what_its_adapter_needs(webhook: Template) -> None:
    adapters = {"WEBHOOK_IDEMPOTENCY_KEY", "WEBHOOK_SECRET_ARN", "WEBHOOK_URL"}
    assert set(variables(webhook, "Sender")) == SETTINGS | adapters


def test_the_sender_of_an_inbox_is_told_where_its_work_is_and_how_long_to_keep_it(inbox: Template) -> None:
    assert set(variables(inbox, "Sender")) == {*SETTINGS, "INBOX_TABLE", "INBOX_KEEP_SECONDS"}


def test_a_lease_outlasts_the_sender_and_ends_before_its_message_returns(webhook: Template) -> None:
    queue = only(webhook, "AWS::SQS::Queue", "ChannelMessagesQueue")
    lease = int(variables(webhook, "Sender")["LEASE_SECONDS"])
    assert timeouts(webhook)["ChannelSenderFunction"] < lease < queue.get("VisibilityTimeout", 30)


def outlasts_all_patience(template: Template) -> None:
    redrive = only(template, "AWS::SQS::Queue", "ChannelMessagesQueue").get("RedrivePolicy", {})
    # Asked for patience, the sender comes to wait at least 30 seconds a time.
    patience = int(variables(template, "Sender")["GIVE_UP_AFTER_SECONDS"])
    assert redrive.get("maxReceiveCount", 0) > patience / 30 + 10


def test_patience_never_exhausts_the_queues_own_limit(webhook: Template) -> None:
    outlasts_all_patience(webhook)


def test_patience_never_exhausts_the_limit_of_an_inboxs_queue(inbox: Template) -> None:
    outlasts_all_patience(inbox)


def test_the_sender_takes_ten_messages_at_a_time_bounded_and_answers_with_the_failed_ones() -> None:
    webhook_template(max_concurrency=7).has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 7},
        },
    )


def test_ten_messages_are_taken_at_a_time(webhook: Template) -> None:
    assert only(webhook, "AWS::Lambda::EventSourceMapping").get("BatchSize") == 10


def test_ten_messages_of_an_inbox_are_taken_at_a_time(inbox: Template) -> None:
    assert only(inbox, "AWS::Lambda::EventSourceMapping").get("BatchSize") == 10


def keys(template: Template, table: str) -> list[str]:
    schema = only(template, "AWS::DynamoDB::GlobalTable", table).get("KeySchema", [])
    return [key["AttributeName"] for key in schema]


def test_a_message_is_claimed_by_its_key_alone(webhook: Template) -> None:
    assert keys(webhook, "Ledger") == ["pk"]


def test_an_unknown_result_and_an_hour_of_waiting_ring(webhook: Template) -> None:
    assert thresholds(webhook) == ALARMS
    unknown = only(webhook, "AWS::CloudWatch::Alarm", "UnknownAlarm")
    assert unknown["Namespace"] == "PinpointPatterns"
    assert unknown["Dimensions"] == [{"Name": "Channel", "Value": "webhook"}]


def test_an_unknown_result_and_an_hour_of_waiting_ring_for_an_inbox(inbox: Template) -> None:
    assert thresholds(inbox) == ALARMS


def test_the_secret_is_generated_as_base64_and_only_its_arn_is_in_the_environment(webhook: Template) -> None:
    name, secret = one(webhook, "AWS::SecretsManager::Secret", "Secret")
    generated = secret.get("GenerateSecretString", {})
    assert (generated.get("ExcludePunctuation"), generated.get("PasswordLength", 1) % 4) == (True, 0)
    settings = variables(webhook, "Sender")
    assert settings.get("WEBHOOK_SECRET_ARN") == {"Ref": name}
    assert settings.get("WEBHOOK_IDEMPOTENCY_KEY") == "true"


def test_the_inbox_holds_items_by_user_and_message(inbox: Template) -> None:
    assert keys(inbox, "Inbox") == ["pk", "sk"]
    assert keys(inbox, "Ledger") == ["pk"]


def test_an_adapter_of_ones_own_comes_in_a_layer() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:layer:acme:1"

    def build(stack: Stack, project: IPinpointProject) -> None:
        channel = CustomChannel.from_adapter(
            stack,
            "Channel",
            project=project,
            name="acme",
            adapter="acme_sms:adapter",
            layer=lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", arn),
            environment={"ACME_REGION": "eu"},
        )
        assert channel.delivery_uri

    template = template_of(build)
    sender = only(template, "AWS::Lambda::Function", "Sender")
    assert sender["Layers"][1:] == [arn], "after the packages that every function needs"
    assert variables(template, "Sender")["ADAPTER"] == "acme_sms:adapter"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": "http://messages.example.com/"}, "https"),
        ({"url": "messages"}, "https"),
        ({"name": "Has Spaces"}, "lower case"),
        ({"max_concurrency": 1}, "2 to 1000"),
        ({"max_attempts": 0}, "1 to 50"),
        ({"give_up_after": Duration.days(1)}, "6 hours"),
    ],
)
def test_what_cannot_work_is_refused_at_once(options: dict[str, Any], says: str) -> None:
    arguments = {"url": URL, "idempotency_key": True, **options}
    with pytest.raises(ValueError, match=says):
        template_of(lambda stack, project: WebhookChannel(stack, "Channel", project=project, **arguments))
