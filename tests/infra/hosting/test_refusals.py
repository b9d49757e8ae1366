"""What still speaks of Pinpoint fails the synthesis, with its path and what to do."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import CfnResource, Stack, Stage, custom_resources
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

PINPOINT = iam.ServicePrincipal("pinpoint.amazonaws.com")
CALL = iam.PolicyStatement(actions=["mobiletargeting:GetApp"], resources=["*"])


def state_machine(shop: Any) -> None:
    task = tasks.CallAwsService(
        shop.stack,
        "Call",
        service="pinpoint",
        action="getApp",
        iam_resources=["*"],
        iam_action="mobiletargeting:GetApp",
    )
    sfn.StateMachine(shop.stack, "Thing", definition_body=sfn.DefinitionBody.from_chainable(task))


def schedule(shop: Any) -> None:
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:pinpoint:sendMessages", "RoleArn": "arn:aws:iam::1:role/r"}
    CfnResource(shop.stack, "Thing", type="AWS::Scheduler::Schedule", properties={"Target": target})


def api_integration(shop: Any) -> None:
    uri = "arn:aws:apigateway:us-east-1:pinpoint:action/GetApp"
    CfnResource(shop.stack, "Thing", type="AWS::ApiGateway::Method", properties={"Integration": {"Uri": uri}})


def aws_custom_resource(shop: Any) -> None:
    custom_resources.AwsCustomResource(
        shop.stack,
        "Thing",
        install_latest_aws_sdk=False,
        on_create=custom_resources.AwsSdkCall(
            service="Pinpoint",
            action="getApp",
            parameters={"ApplicationId": "a"},
            physical_resource_id=custom_resources.PhysicalResourceId.of("a"),
        ),
        policy=custom_resources.AwsCustomResourcePolicy.from_statements(
            [iam.PolicyStatement(actions=["s3:ListAllMyBuckets"], resources=["*"])]
        ),
    )


def user_pool_analytics(shop: Any) -> None:
    pool = cognito.UserPool(shop.stack, "Pool")
    cognito.CfnUserPoolClient(
        shop.stack, "Thing", user_pool_id=pool.user_pool_id, analytics_configuration={"applicationId": "a"}
    )


def bucket_policy(shop: Any) -> None:
    s3.Bucket(shop.stack, "Thing").add_to_resource_policy(
        iam.PolicyStatement(principals=[PINPOINT], actions=["s3:GetObject"], resources=["*"])
    )


def key_policy(shop: Any) -> None:
    kms.Key(shop.stack, "Thing").add_to_resource_policy(
        iam.PolicyStatement(principals=[PINPOINT], actions=["kms:Decrypt"], resources=["*"])
    )


def topic_policy(shop: Any) -> None:
    sns.Topic(shop.stack, "Thing").add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"pinpoint.{shop.stack.region}.amazonaws.com")],
            actions=["sns:Publish"],
            resources=["*"],
        )
    )


def permission_set(shop: Any) -> None:
    CfnResource(
        shop.stack,
        "Thing",
        type="AWS::SSO::PermissionSet",
        properties={"InlinePolicy": {"Statement": [{"Action": "mobiletargeting:GetApp"}]}},
    )


def user_of(*services: str) -> Callable[[Any], None]:
    def build(shop: Any) -> None:
        principals = [iam.ServicePrincipal(service) for service in services]
        role = iam.Role(shop.stack, "Thing", assumed_by=iam.CompositePrincipal(*principals))
        role.add_to_policy(CALL)

    return build


def cognito_identity(shop: Any) -> None:
    role = iam.Role(
        shop.stack, "Thing", assumed_by=iam.FederatedPrincipal("cognito-identity.amazonaws.com", {})
    )
    role.add_to_policy(CALL)


def imported_role(shop: Any) -> None:
    role = iam.Role.from_role_arn(shop.stack, "Thing", "arn:aws:iam::123456789012:role/theirs")
    role.add_to_principal_policy(CALL)


def bad_statement(shop: Any) -> None:
    iam.ManagedPolicy(
        shop.stack,
        "Thing",
        statements=[
            iam.PolicyStatement(
                actions=["mobiletargeting:GetApp"],
                resources=["*"],
                conditions={"StringEquals": {"aws:ResourceTag/a": "b"}},
            )
        ],
    )


def external_id(shop: Any) -> None:
    iam.Role(shop.stack, "Thing", assumed_by=PINPOINT, external_ids=["mine"])


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (state_machine, "AWS's own integration"),
        (schedule, "AWS's own integration"),
        (api_integration, "AWS's own integration"),
        (aws_custom_resource, "AWS's own integration"),
        (user_pool_analytics, "sends its analytics to Pinpoint"),
        (bucket_policy, "admits Pinpoint's service principal"),
        (key_policy, "admits Pinpoint's service principal"),
        (topic_policy, "admits Pinpoint's service principal"),
        (permission_set, "grants Pinpoint's actions"),
        (user_of("ec2.amazonaws.com"), "EC2 instances"),
        (user_of("ecs-tasks.amazonaws.com"), "ECS tasks"),
        (user_of("lambda.amazonaws.com", "edgelambda.amazonaws.com"), "edge functions"),
        (cognito_identity, "Cognito identities"),
        (imported_role, "imported role"),
        (bad_statement, "aws:ResourceTag/a"),
        (external_id, "sts:ExternalId already"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_it_is_refused_by_path_with_a_remedy(shop: Any, build: Callable[[Any], None], why: str) -> None:
    build(shop)

    with pytest.raises(RuntimeError) as refused:
        shop.host()

    message = next(line for line in str(refused.value).splitlines() if why in line)
    assert "cannot host Shop/Thing" in message


def test_sms_voice_stays_as_it_is_since_that_service_goes_on(shop: Any) -> None:
    sns.Topic(shop.stack, "Inbound").add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("sms-voice.amazonaws.com")],
            actions=["sns:Publish"],
            resources=["*"],
        )
    )

    assert shop.host().one("AWS::SNS::TopicPolicy")


def test_a_stage_that_is_added_after_hosting_is_refused(shop: Any) -> None:
    shop.engine.host(shop.app)
    pinpoint.CfnApp(Stack(Stage(shop.app, "Late"), "Shop"), "Project", name="shop")

    with pytest.raises(RuntimeError, match=r"cannot host Late/Shop/Project.*after hosting had looked"):
        shop.app.synth()


def test_a_stage_that_is_added_after_hosting_can_be_hosted_by_itself(shop: Any) -> None:
    shop.engine.host(shop.app)
    stage = Stage(shop.app, "Late")
    pinpoint.CfnApp(Stack(stage, "Shop"), "Project", name="shop")
    shop.engine.host(stage)

    nested = shop.app.synth().get_nested_assembly("assembly-Late").stacks[0].template

    assert nested["Resources"]["Project"]["Type"] == "Custom::PinpointApp"
