"""What the engine's construct promises."""

import json
from typing import Any

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from pinpoint_patterns.engine import PinpointEngine
from stacks.engine import EngineStack
from tests.support.templates import engine_template

HANDLERS = ("api", "provider", "imports", "campaigns", "deliveries", "stream", "receipts")


def functions(engine: Template) -> dict[str, dict[str, Any]]:
    """The engine's functions by room."""
    return {
        found["Properties"]["Handler"].split(".")[1]: found["Properties"]
        for found in engine.find_resources("AWS::Lambda::Function").values()
    }


def statements(engine: Template, role_part: str) -> list[dict[str, Any]]:
    """All that the policies of one role say."""
    return [
        statement
        for policy in engine.find_resources("AWS::IAM::Policy").values()
        if role_part in json.dumps(policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def sends_to(engine: Template, role_part: str) -> set[str]:
    """The work queues that a role may put messages on, dead letters aside."""
    found = set()
    for statement in statements(engine, role_part):
        if "sqs:SendMessage" in json.dumps(statement["Action"]):
            text = json.dumps(statement["Resource"])
            if "DeadLetters" not in text:
                rooms = (*HANDLERS, "urgent")
                found |= {room for room in rooms if f"EngineQueues{room.capitalize()}Queue" in text}
    return found


def test_there_is_one_function_for_each_room(engine: Template) -> None:
    assert sorted(functions(engine)) == sorted(HANDLERS)


def test_only_the_api_and_the_provider_have_fixed_names(engine: Template) -> None:
    named = {
        room: found["FunctionName"] for room, found in functions(engine).items() if "FunctionName" in found
    }

    assert named == {"api": "pinpoint-engine-api", "provider": "pinpoint-engine-provider"}


def test_the_table_can_be_restored_is_encrypted_and_outlives_its_stack(engine: Template) -> None:
    ((_, table),) = engine.find_resources("AWS::DynamoDB::GlobalTable").items()

    assert table["DeletionPolicy"] == "Retain"
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["Properties"]["SSESpecification"]["SSEEnabled"] is True
    assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    (replica,) = table["Properties"]["Replicas"]
    assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_a_message_is_hidden_six_times_as_long_as_its_worker_may_run(engine: Template) -> None:
    queues = engine.find_resources("AWS::SQS::Queue")
    for mapping in engine.find_resources("AWS::Lambda::EventSourceMapping").values():
        queue = queues[mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        function = engine.to_json()["Resources"][mapping["Properties"]["FunctionName"]["Ref"]]["Properties"]
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
        assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 20}
        # The workers speak their last word on the third attempt.
        assert queue["RedrivePolicy"]["maxReceiveCount"] > 3


def test_a_deliveries_worker_has_time_for_three_hooks(engine: Template) -> None:
    assert functions(engine)["deliveries"]["Timeout"] >= 3 * 15 + 3 * 15


def test_every_method_of_the_api_asks_for_iam(engine: Template) -> None:
    methods = engine.find_resources("AWS::ApiGateway::Method").values()

    assert {method["Properties"]["AuthorizationType"] for method in methods} == {"AWS_IAM"}
    engine.has_resource_properties("AWS::ApiGateway::Resource", {"PathPart": "{proxy+}"})
    engine.has_resource_properties(
        "AWS::ApiGateway::RestApi", {"EndpointConfiguration": {"Types": ["REGIONAL"]}}
    )


def test_the_access_log_holds_neither_path_nor_caller_and_the_stage_is_throttled(engine: Template) -> None:
    ((_, stage),) = engine.find_resources("AWS::ApiGateway::Stage").items()

    assert stage["Properties"]["StageName"] == "engine"
    logged = stage["Properties"]["AccessLogSetting"]["Format"]
    for private in ("path", "Path", "identity", "sourceIp", "authorizer"):
        assert private not in logged
    (settings,) = stage["Properties"]["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == 1000
    assert settings["ThrottlingBurstLimit"] == 500
    assert not settings.get("DataTraceEnabled")


def test_the_delivery_role_assumes_tagged_roles_only_and_invokes_nothing(engine: Template) -> None:
    engine.has_resource_properties(
        "AWS::IAM::Role",
        {"RoleName": {"Fn::Join": ["", ["pinpoint-engine-delivery-", {"Ref": "AWS::Region"}]]}},
    )
    found = statements(engine, "DeliveryRole")
    (assume,) = [each for each in found if each["Action"] == "sts:AssumeRole"]
    assert assume["Condition"] == {"StringEquals": {"aws:ResourceTag/pinpoint-engine:hosted": "true"}}
    assert "lambda:" not in json.dumps(found)


def test_the_three_workers_that_act_for_customers_share_the_delivery_role(engine: Template) -> None:
    sharing = {
        room for room, found in functions(engine).items() if "DeliveryRole" in json.dumps(found["Role"])
    }

    assert sharing == {"imports", "deliveries", "stream"}


@pytest.mark.parametrize(
    ("role", "queues"),
    [
        ("EngineApiFunctionRole", {"imports", "campaigns", "stream"}),
        ("EngineProviderRole", {"imports", "campaigns"}),
        ("EngineCampaignsRole", {"campaigns", "deliveries", "urgent", "stream"}),
        ("EngineReceiptsRole", {"stream"}),
        ("EngineDeliveryRole", {"imports", "campaigns", "deliveries", "stream"}),
    ],
)
def test_each_role_may_put_work_on_the_queues_it_feeds_and_on_no_others(
    engine: Template, role: str, queues: set[str]
) -> None:
    assert sends_to(engine, role) == queues


def test_nobody_may_scan_or_manage_the_table(engine: Template) -> None:
    actions = {
        action
        for policy in engine.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    }

    assert not [action for action in actions if "*" in action]
    assert {action for action in actions if action.startswith("dynamodb:")} == {
        f"dynamodb:{name}"
        for name in (
            "GetItem",
            "BatchGetItem",
            "Query",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
            "BatchWriteItem",
            "ConditionCheckItem",
        )
    }


def test_only_the_api_and_deliveries_may_send_mail(engine: Template) -> None:
    for role in ("EngineProviderRole", "EngineCampaignsRole", "EngineReceiptsRole"):
        assert "ses:" not in json.dumps(statements(engine, role))
    for role in ("EngineApiFunctionRole", "EngineDeliveryRole"):
        assert "ses:SendEmail" in json.dumps(statements(engine, role))


def test_what_became_of_its_mail_reaches_the_receipts_queue(engine: Template) -> None:
    engine.has_resource_properties(
        "AWS::SES::ConfigurationSetEventDestination",
        {"EventDestination": {"Enabled": True, "EventBridgeDestination": Match.any_value()}},
    )
    (rule,) = [found for name, found in engine.find_resources("AWS::Events::Rule").items() if "Mail" in name]
    assert rule["Properties"]["EventPattern"] == {
        "source": ["aws.ses"],
        "detail": {"mail": {"tags": {"ses:configuration-set": ["pinpoint-engine"]}}},
    }
    assert "QueuesReceiptsQueue" in json.dumps(rule["Properties"]["Targets"])


def test_hosted_stacks_find_the_api_by_parameters(engine: Template) -> None:
    engine.has_resource_properties("AWS::SSM::Parameter", {"Name": "/pinpoint-engine/api-id"})
    engine.has_resource_properties("AWS::SSM::Parameter", {"Name": "/pinpoint-engine/api-url"})


def test_the_safety_catch_is_on_until_it_is_taken_off(engine: Template) -> None:
    for room in ("api", "deliveries"):
        variables = functions(engine)[room]["Environment"]["Variables"]
        assert (variables["SENDING"], variables["ALLOW_LIST"]) == ("safe", "")


def test_each_worker_knows_where_its_dead_letters_go(engine: Template) -> None:
    for room in ("imports", "campaigns", "deliveries", "stream", "receipts"):
        url = functions(engine)[room]["Environment"]["Variables"]["DEAD_LETTERS_QUEUE_URL"]["Ref"]
        assert url.startswith(f"EngineQueues{room.capitalize()}DeadLettersQueue")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"sending": "on"}, "sending must be 'safe' or 'live'"),
        ({"allow_list": ["example.com"]}, r"allow_list\[0\]"),
        ({"allow_list": ["a@example.com", "a@b.c,d@e.f"]}, r"allow_list\[1\]"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        PinpointEngine(Stack(App(), "Engine"), "Engine", **options)


def test_webhooks_on_this_machine_are_for_engines_that_are_told_so(engine: Template) -> None:
    assert all(
        "LOCAL_WEBHOOKS" not in found["Environment"]["Variables"] for found in functions(engine).values()
    )
    told = functions(engine_template(local_webhooks=True))
    assert all(found["Environment"]["Variables"]["LOCAL_WEBHOOKS"] == "true" for found in told.values())


def test_an_allow_list_entry_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="allow_list") as refused:
        PinpointEngine(Stack(App(), "Engine"), "Engine", allow_list=["jane.doe"])

    assert "jane" not in str(refused.value)


def test_a_grant_of_the_engine_is_for_one_application(engine: Template) -> None:
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    stack = Stack(app, "Engine")
    role = iam.Role(stack, "Instance", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    built = PinpointEngine(stack, "Engine")
    built.grant(role, "GetEndpoint", application_id="a" * 32)
    with pytest.raises(ValueError, match="no operation 'GetEndpoints'"):
        built.grant(role, "GetEndpoints", application_id="a" * 32)

    (statement,) = statements(Template.from_stack(stack), "Instance")

    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"]["Fn::Join"][1][-1] == f"/engine/GET/v1/apps/{'a' * 32}/endpoints/*"


def test_nothing_is_left_for_cdk_nag_to_find() -> None:
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    EngineStack(app, "Engine")
    Validations.of(app).add_plugins(AwsSolutionsChecks())

    app.synth()
