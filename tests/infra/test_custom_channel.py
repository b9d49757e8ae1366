"""What a custom channel promises, asked of its template."""

from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk.assertions import Match, Template

from pinpoint_patterns import CustomChannel, InboxChannel, PinpointProject, WebhookChannel

URL = "https://messages.example.com/v1/messages"


def stack() -> Stack:
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    return Stack(app, "Stack")


def project(scope: Stack) -> Any:
    return PinpointProject.from_application_id(scope, "Project", "a" * 32)


def webhook_template(**options: Any) -> Template:
    scope = stack()
    WebhookChannel(scope, "Channel", project=project(scope), url=URL, idempotency_key=True, **options)
    return Template.from_stack(scope)


def inbox_template() -> Template:
    scope = stack()
    InboxChannel(scope, "Channel", project=project(scope))
    return Template.from_stack(scope)


@pytest.fixture(scope="module")
def webhook() -> Template:
    return webhook_template()


@pytest.fixture(scope="module")
def inbox() -> Template:
    return inbox_template()


def only(template: Template, kind: str, contains: str) -> tuple[str, dict[str, Any]]:
    """The one resource of a kind whose logical id contains a text."""
    found = {name: it for name, it in template.find_resources(kind).items() if contains in name}
    assert len(found) == 1, list(found)
    ((name, resource),) = found.items()
    return name, resource["Properties"]


def statements(template: Template, contains: str) -> dict[str, Any]:
    """What a role may do: action to resource."""
    _, policy = only(template, "AWS::IAM::Policy", contains)
    allowed: dict[str, Any] = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Allow"
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            allowed[action] = statement["Resource"]
    return allowed


def test_pinpoint_may_invoke_the_accept_function_for_this_project_of_this_account_alone(
    webhook: Template,
) -> None:
    accept, _ = only(webhook, "AWS::Lambda::Function", "Accept")
    webhook.resource_count_is("AWS::Lambda::Permission", 1)
    webhook.has_resource_properties(
        "AWS::Lambda::Permission",
        {
            "FunctionName": {"Fn::GetAtt": [accept, "Arn"]},
            "Principal": {"Fn::Join": ["", ["pinpoint.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]},
            "SourceAccount": {"Ref": "AWS::AccountId"},
            "SourceArn": {"Fn::Join": ["", Match.array_with([Match.string_like_regexp(r":apps/a{32}/\*$")])]},
        },
    )


def test_the_accept_function_may_put_messages_into_its_queue_and_nothing_else(webhook: Template) -> None:
    queue, _ = only(webhook, "AWS::SQS::Queue", "ChannelMessagesQueue")
    allowed = statements(webhook, "AcceptRole")
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    assert allowed.pop("sqs:SendMessage") == arn
    assert not {action for action in allowed if not action.startswith(("logs:", "sqs:GetQueue"))} - {
        "sqs:SendMessage"
    }


def test_the_accept_function_answers_before_pinpoint_gives_up(webhook: Template) -> None:
    _, accept = only(webhook, "AWS::Lambda::Function", "Accept")
    assert accept["Timeout"] < 15
    assert accept["Handler"] == "patterns.custom_channel.handler.handler"


def test_the_sender_may_claim_report_and_bury_and_nothing_else(webhook: Template) -> None:
    allowed = statements(webhook, "SenderRole")
    table, _ = only(webhook, "AWS::DynamoDB::GlobalTable", "Ledger")
    dead, _ = only(webhook, "AWS::SQS::Queue", "ChannelMessagesDeadLetters")
    secret, _ = only(webhook, "AWS::SecretsManager::Secret", "Secret")
    assert allowed.pop("dynamodb:UpdateItem") == {"Fn::GetAtt": [table, "Arn"]}
    assert {"Fn::GetAtt": [dead, "Arn"]} in (
        allowed["sqs:SendMessage"]
        if isinstance(allowed["sqs:SendMessage"], list)
        else [allowed["sqs:SendMessage"]]
    )
    assert allowed.pop("secretsmanager:GetSecretValue") == {"Ref": secret}
    assert "mobiletargeting:PutEvents" in allowed
    kinds = {action.split(":")[0] for action in allowed}
    assert kinds == {"sqs", "logs", "secretsmanager", "mobiletargeting"}
    assert [action for action in allowed if action.startswith("mobiletargeting:")] == [
        "mobiletargeting:PutEvents"
    ]
    assert not [action for action in allowed if action.endswith("*") and action.startswith("dynamodb")]


def test_results_are_reported_to_this_project_only(webhook: Template) -> None:
    resource = statements(webhook, "SenderRole")["mobiletargeting:PutEvents"]
    assert "apps/" + "a" * 32 in str(resource)


def test_messages_are_encrypted_kept_two_weeks_and_hidden_for_six_times_the_senders_time(
    webhook: Template,
) -> None:
    _, queue = only(webhook, "AWS::SQS::Queue", "ChannelMessagesQueue")
    _, sender = only(webhook, "AWS::Lambda::Function", "Sender")
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 86400
    assert queue["VisibilityTimeout"] >= 6 * sender["Timeout"]


def test_a_lease_outlasts_the_sender_and_ends_before_its_message_returns(webhook: Template) -> None:
    _, queue = only(webhook, "AWS::SQS::Queue", "ChannelMessagesQueue")
    _, sender = only(webhook, "AWS::Lambda::Function", "Sender")
    lease = int(sender["Environment"]["Variables"]["LEASE_SECONDS"])
    assert sender["Timeout"] < lease < queue["VisibilityTimeout"]


def test_patience_never_exhausts_the_queues_own_limit(webhook: Template) -> None:
    _, queue = only(webhook, "AWS::SQS::Queue", "ChannelMessagesQueue")
    _, sender = only(webhook, "AWS::Lambda::Function", "Sender")
    # Asked for patience, the sender comes to wait at least 30 seconds a time.
    patience = int(sender["Environment"]["Variables"]["GIVE_UP_AFTER_SECONDS"])
    assert queue["RedrivePolicy"]["maxReceiveCount"] > patience / 30 + 10


def test_the_sender_takes_ten_messages_at_a_time_bounded_and_answers_with_the_failed_ones() -> None:
    webhook_template(max_concurrency=7).has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 7},
        },
    )


def test_the_ledger_is_kept_restorable_and_forgets(webhook: Template) -> None:
    webhook.has_resource(
        "AWS::DynamoDB::GlobalTable",
        {
            "DeletionPolicy": "Retain",
            "Properties": Match.object_like(
                {
                    "BillingMode": "PAY_PER_REQUEST",
                    "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
                    "Replicas": [
                        Match.object_like(
                            {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
                        )
                    ],
                }
            ),
        },
    )


def test_an_unknown_result_and_an_hour_of_waiting_ring(webhook: Template) -> None:
    webhook.has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {
            "Namespace": "PinpointPatterns",
            "MetricName": "Unknown",
            "Dimensions": [{"Name": "Channel", "Value": "webhook"}],
        },
    )
    webhook.has_resource_properties(
        "AWS::CloudWatch::Alarm", {"MetricName": "ApproximateAgeOfOldestMessage", "Threshold": 3600}
    )


def test_the_secret_is_generated_as_base64_and_only_its_arn_is_in_the_environment(webhook: Template) -> None:
    name, secret = only(webhook, "AWS::SecretsManager::Secret", "Secret")
    generated = secret["GenerateSecretString"]
    assert (generated["ExcludePunctuation"], generated["PasswordLength"] % 4) == (True, 0)
    _, sender = only(webhook, "AWS::Lambda::Function", "Sender")
    assert sender["Environment"]["Variables"]["WEBHOOK_SECRET_ARN"] == {"Ref": name}
    assert sender["Environment"]["Variables"]["WEBHOOK_IDEMPOTENCY_KEY"] == "true"


def test_the_inbox_is_written_item_by_item_and_forgets(inbox: Template) -> None:
    table, properties = only(inbox, "AWS::DynamoDB::GlobalTable", "Inbox")
    assert [key["AttributeName"] for key in properties["KeySchema"]] == ["pk", "sk"]
    assert properties["TimeToLiveSpecification"]["Enabled"] is True
    assert statements(inbox, "SenderRole")["dynamodb:PutItem"] == {"Fn::GetAtt": [table, "Arn"]}


def test_an_adapter_of_ones_own_comes_in_a_layer() -> None:
    from aws_cdk import aws_lambda as lambda_

    scope = stack()
    layer = lambda_.LayerVersion.from_layer_version_arn(
        scope, "Layer", "arn:aws:lambda:us-east-1:111122223333:layer:acme:1"
    )
    channel = CustomChannel.from_adapter(
        scope,
        "Channel",
        project=project(scope),
        name="acme",
        adapter="acme_sms:adapter",
        layer=layer,
        environment={"ACME_REGION": "eu"},
    )
    _, sender = only(Template.from_stack(scope), "AWS::Lambda::Function", "Sender")
    assert sender["Layers"][1:] == [layer.layer_version_arn], "after the packages that every function needs"
    assert sender["Environment"]["Variables"]["ADAPTER"] == "acme_sms:adapter"
    assert channel.delivery_uri


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
    scope = stack()
    arguments = {"url": URL, "idempotency_key": True, **options}
    with pytest.raises(ValueError, match=says):
        WebhookChannel(scope, "Channel", project=project(scope), **arguments)
