"""What each of the engine's functions may do and is told, how long it has, and how callers are let in."""

from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.support.templates import (
    CONSUMES,
    SENDS,
    flat,
    one,
    only,
    plain,
    reach,
    resources,
    timeouts,
    variables,
)

TABLE = {
    "<EngineTable.Arn>": {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:ConditionCheckItem",
    }
}
SES = "arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>"
PHONE = "arn:<AWS::Partition>:sms-voice:<AWS::Region>:<AWS::AccountId>"
SENDS_MESSAGES = {
    f"{SES}:identity/*": {"ses:SendEmail"},
    f"{SES}:configuration-set/pinpoint-engine": {"ses:SendEmail"},
    f"{PHONE}:phone-number/*": {"sms-voice:SendVoiceMessage"},
    f"{PHONE}:pool/*": {"sms-voice:SendVoiceMessage"},
    "*": {
        "ses:ListEmailIdentities",
        "sms-voice:DescribeVerifiedDestinationNumbers",
        "sms-voice:SendTextMessage",
    },
}
BASE = {"LOG_LEVEL", "POWERTOOLS_SERVICE_NAME", "TABLE_NAME"}
SENDING = {"ALLOW_LIST", "CONFIGURATION_SET", "SENDING"}


def feeds(*rooms: str) -> dict[str, set[str]]:
    return {f"<EngineQueues{room}Queue.Arn>": SENDS for room in rooms}


def works_on(*rooms: str, feeding: bool = True) -> dict[str, set[str]]:
    """Takes work off its queues, puts some of it back, and buries what can never be done."""
    work = {f"<EngineQueues{room}Queue.Arn>": CONSUMES | (SENDS if feeding else set()) for room in rooms}
    return work | {f"<EngineQueues{room}DeadLettersQueue.Arn>": SENDS for room in rooms}


def buries(*functions: str) -> dict[str, set[str]]:
    return {f"<Engine{name}DeadLettersQueue.Arn>": {"sqs:SendMessage"} for name in functions}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (
            "EngineApiFunctionRole",
            {**TABLE, **SENDS_MESSAGES, **feeds("Imports", "Campaigns", "Stream"), **buries("ApiFunction")},
        ),
        ("EngineProviderRole", {**TABLE, **feeds("Imports", "Campaigns"), **buries("Provider")}),
        (
            "EngineCampaignsRole",
            {
                **TABLE,
                **works_on("Campaigns"),
                **feeds("Deliveries", "Urgent", "Stream"),
                **buries("Campaigns"),
            },
        ),
        (
            "EngineReceiptsRole",
            {**TABLE, **works_on("Receipts", feeding=False), **feeds("Stream"), **buries("Receipts")},
        ),
        (
            "EngineDeliveryRole",
            {
                **TABLE,
                **SENDS_MESSAGES,
                **works_on("Imports", "Deliveries", "Stream"),
                "<EngineQueuesUrgentQueue.Arn>": CONSUMES,
                **feeds("Campaigns"),
                **buries("Imports", "Deliveries", "Stream"),
                "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/*": {"sts:AssumeRole"},
            },
        ),
    ],
)
def test_each_role_reaches_the_table_its_queues_and_what_its_work_needs(
    engine: Template, role: str, may: dict[str, set[str]]
) -> None:
    assert reach(engine, role) == may


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("Api", {*SENDING, "IMPORTS_QUEUE_URL", "CAMPAIGNS_QUEUE_URL", "STREAM_QUEUE_URL"}),
        ("Provider", {"IMPORTS_QUEUE_URL", "CAMPAIGNS_QUEUE_URL"}),
        ("Imports", {"IMPORTS_QUEUE_URL", "DEAD_LETTERS_QUEUE_URL"}),
        (
            "Campaigns",
            {
                "CAMPAIGNS_QUEUE_URL",
                "DELIVERIES_QUEUE_URL",
                "URGENT_QUEUE_URL",
                "STREAM_QUEUE_URL",
                "DEAD_LETTERS_QUEUE_URL",
            },
        ),
        (
            "Deliveries",
            {*SENDING, "DELIVERIES_QUEUE_URL", "STREAM_QUEUE_URL", "DEAD_LETTERS_QUEUE_URL"},
        ),
        ("Stream", {"STREAM_QUEUE_URL", "CAMPAIGNS_QUEUE_URL", "DEAD_LETTERS_QUEUE_URL"}),
        ("Receipts", {"STREAM_QUEUE_URL", "DEAD_LETTERS_QUEUE_URL"}),
    ],
)
def test_each_function_is_told_where_its_work_is(engine: Template, function: str, told: set[str]) -> None:
    name = "EngineApiFunction" if function == "Api" else f"Engine{function}Function"
    assert set(variables(engine, name)) == BASE | told


def test_each_function_has_the_time_that_its_work_takes(engine: Template) -> None:
    assert timeouts(engine) == {
        # API Gateway waits 29 seconds.
        "EngineApiFunction": 29,
        "EngineProviderFunction": 300,
        "EngineImportsFunction": 300,
        "EngineCampaignsFunction": 120,
        "EngineDeliveriesFunction": 180,
        "EngineStreamFunction": 60,
        "EngineReceiptsFunction": 60,
    }


def test_each_worker_takes_as_much_at_a_time_as_it_can_finish(engine: Template) -> None:
    sizes = {
        plain(flat(mapping["EventSourceArn"])): mapping.get("BatchSize")
        for mapping in resources(engine, "AWS::Lambda::EventSourceMapping").values()
    }
    assert sizes == {
        "<EngineQueuesImportsQueue.Arn>": 1,
        "<EngineQueuesCampaignsQueue.Arn>": 1,
        "<EngineQueuesDeliveriesQueue.Arn>": 1,
        "<EngineQueuesUrgentQueue.Arn>": 1,
        "<EngineQueuesStreamQueue.Arn>": 5,
        "<EngineQueuesReceiptsQueue.Arn>": 10,
    }


def test_an_item_is_found_by_its_partition_and_its_place_in_it(engine: Template) -> None:
    table = only(engine, "AWS::DynamoDB::GlobalTable")
    assert [key["AttributeName"] for key in table.get("KeySchema", [])] == ["pk", "sk"]


def test_the_two_functions_that_are_found_by_name_have_it(engine: Template) -> None:
    names = {
        plain(f"<{name}>"): function.get("FunctionName")
        for name, function in resources(engine, "AWS::Lambda::Function").items()
    }
    assert names["<EngineApiFunction>"] == "pinpoint-engine-api"
    assert names["<EngineProviderFunction>"] == "pinpoint-engine-provider"


def test_the_api_is_regional_throttled_and_logged(engine: Template) -> None:
    api = only(engine, "AWS::ApiGateway::RestApi")
    assert api.get("EndpointConfiguration") == {"Types": ["REGIONAL"]}
    stage: dict[str, Any] = only(engine, "AWS::ApiGateway::Stage")
    assert stage.get("StageName") == "engine"
    assert "<EngineApiAccessLog" in flat(stage.get("AccessLogSetting", {}).get("DestinationArn", ""))
    limits = [
        (each.get("ThrottlingRateLimit"), each.get("ThrottlingBurstLimit"))
        for each in stage.get("MethodSettings", [])
    ]
    assert limits == [(1000, 500)]


def test_the_regions_logging_role_outlives_the_engine_for_the_sake_of_other_apis(engine: Template) -> None:
    for kind, named in (("AWS::IAM::Role", "CloudWatchRole"), ("AWS::ApiGateway::Account", "")):
        (kept,) = [it for name, it in engine.find_resources(kind).items() if named in name]
        assert kept.get("DeletionPolicy") == kept.get("UpdateReplacePolicy") == "Retain", kind


def test_no_method_of_the_api_is_open(engine: Template) -> None:
    for name, method in resources(engine, "AWS::ApiGateway::Method").items():
        assert method.get("AuthorizationType") == "AWS_IAM", name


def test_the_api_may_invoke_its_function_and_nobody_else_may(engine: Template) -> None:
    function, _ = one(engine, "AWS::Lambda::Function", "EngineApiFunction")
    permission = only(engine, "AWS::Lambda::Permission")
    assert permission["FunctionName"] == {"Fn::GetAtt": [function, "Arn"]}
    assert permission.get("Principal") == "apigateway.amazonaws.com"
    assert plain(flat(permission.get("SourceArn", ""))).endswith(
        ":<EngineApiRest>/<EngineApiRestDeploymentStageengine>/*/*"
    )


def test_receipts_come_from_the_rules_of_mail_and_texts_alone(engine: Template) -> None:
    for queue in ("QueuesReceiptsQueuePolicy", "QueuesReceiptsDeadLettersQueuePolicy"):
        statements = only(engine, "AWS::SQS::QueuePolicy", queue)["PolicyDocument"]["Statement"]
        allowed = [statement for statement in statements if statement["Effect"] == "Allow"]
        assert [each["Principal"] for each in allowed] == [{"Service": "events.amazonaws.com"}] * 2
        sources = [
            plain(flat(each.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", "")))
            for each in allowed
        ]
        assert sorted(sources) == ["<EngineMailReceiptRule.Arn>", "<EnginePhoneReceiptRule.Arn>"]


def test_the_delivery_role_assumes_only_what_a_hosted_stack_tagged(engine: Template) -> None:
    document = only(engine, "AWS::IAM::Policy", "EngineDeliveryRole")["PolicyDocument"]
    (assuming,) = [each for each in document["Statement"] if each["Action"] == "sts:AssumeRole"]
    tagged = {"aws:ResourceTag/pinpoint-engine:hosted": "true"}
    assert assuming.get("Condition") == {"StringEquals": tagged}


def test_mail_and_texts_are_reported_on_and_heard(engine: Template) -> None:
    destination = only(engine, "AWS::SES::ConfigurationSetEventDestination").get("EventDestination", {})
    assert destination.get("Enabled") is True
    heard = [
        rule.get("EventPattern", {}).get("source") for rule in resources(engine, "AWS::Events::Rule").values()
    ]
    assert heard == [["aws.ses"], ["aws.sms-voice"]]


def test_hosted_stacks_find_the_api_under_its_names(engine: Template) -> None:
    names = [each.get("Name") for each in resources(engine, "AWS::SSM::Parameter").values()]
    assert sorted(map(str, names)) == ["/pinpoint-engine/api-id", "/pinpoint-engine/api-url"]
