"""What the https front of a custom channel promises, asked of its template."""

from typing import Any

import pytest
from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from pinpoint_patterns import InboxChannel, IPinpointProject
from tests.support.templates import (
    SENDS,
    flat,
    one,
    only,
    plain,
    reach,
    resources,
    template_of,
    timeouts,
    variables,
)

READS_SECRET = {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}


def fronted(**options: Any) -> Template:
    def build(stack: Stack, project: IPinpointProject) -> None:
        channel = InboxChannel(stack, "Channel", project=project)
        front = channel.webhook_delivery(**options)
        writer = iam.Role(stack, "Writer", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        front.grant_read_secret(writer)
        CfnOutput(stack, "DeliveryUri", value=front.delivery_uri)
        CfnOutput(stack, "Address", value=front.address)

    return template_of(build)


@pytest.fixture(scope="module")
def template() -> Template:
    return fronted()


def test_only_head_and_post_below_one_segment_reach_the_function(template: Template) -> None:
    assert only(template, "AWS::ApiGateway::Resource")["PathPart"] == "{secret}"
    methods = list(resources(template, "AWS::ApiGateway::Method").values())
    assert sorted(method["HttpMethod"] for method in methods) == ["HEAD", "POST"]
    function, _ = one(template, "AWS::Lambda::Function", "WebhookAccept")
    path, _ = one(template, "AWS::ApiGateway::Resource")
    for method in methods:
        assert method["ResourceId"] == {"Ref": path}
        assert method.get("AuthorizationType") == "NONE"
        integration = method.get("Integration", {})
        assert (integration.get("Type"), integration.get("IntegrationHttpMethod")) == ("AWS_PROXY", "POST")
        assert f"<{function}.Arn>/invocations" in flat(integration.get("Uri", ""))


def test_the_api_may_call_the_function_for_these_methods_of_its_own(template: Template) -> None:
    function, _ = one(template, "AWS::Lambda::Function", "WebhookAccept")
    sources = []
    for name, permission in resources(template, "AWS::Lambda::Permission").items():
        if "DeliveryWebhook" in name:
            assert permission["FunctionName"] == {"Fn::GetAtt": [function, "Arn"]}
            assert permission["Principal"] == "apigateway.amazonaws.com"
            sources.append(plain(flat(permission["SourceArn"])).partition(":execute-api:")[2])
    start = (
        "eu-west-1:111122223333:<ChannelDeliveryWebhookRest>/<ChannelDeliveryWebhookRestDeploymentStagev1>"
    )
    assert sorted(sources) == [f"{start}/HEAD/*", f"{start}/POST/*"]


def test_it_is_throttled_and_its_log_holds_no_path(template: Template) -> None:
    stage = only(template, "AWS::ApiGateway::Stage")
    limits = {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100}
    every = {"HttpMethod": "*", "ResourcePath": "/*", "DataTraceEnabled": False}
    assert stage.get("MethodSettings") == [every | limits]
    assert stage.get("StageName") == "v1"
    log = stage.get("AccessLogSetting", {})
    name, _ = one(template, "AWS::Logs::LogGroup", "AccessLog")
    assert log.get("DestinationArn") == {"Fn::GetAtt": [name, "Arn"]}
    for private in ("path", "resourcePath", "sourceIp", "secret"):
        assert private not in log.get("Format", "secret")


def test_it_answers_in_its_region(template: Template) -> None:
    assert only(template, "AWS::ApiGateway::RestApi").get("EndpointConfiguration") == {"Types": ["REGIONAL"]}


def test_other_paths_and_methods_answer_as_a_wrong_secret_does(template: Template) -> None:
    answer = only(template, "AWS::ApiGateway::GatewayResponse")
    assert (answer["ResponseType"], answer.get("StatusCode")) == ("MISSING_AUTHENTICATION_TOKEN", "404")
    assert answer.get("ResponseTemplates") == {"application/json": '{"message":"Not Found"}'}


def test_the_front_may_queue_and_read_its_secret_and_nothing_else(template: Template) -> None:
    assert reach(template, "WebhookAcceptRole") == {
        "<ChannelMessagesQueue.Arn>": SENDS,
        "<ChannelDeliveryWebhookSecret>": READS_SECRET,
        "<ChannelDeliveryWebhookAcceptDeadLettersQueue.Arn>": {"sqs:SendMessage"},
    }
    assert reach(template, "Writer") == {"<ChannelDeliveryWebhookSecret>": READS_SECRET}


def test_the_front_is_told_where_its_queue_and_its_secret_are(template: Template) -> None:
    queue, _ = one(template, "AWS::SQS::Queue", "ChannelMessagesQueue")
    secret, _ = one(template, "AWS::SecretsManager::Secret")
    told = variables(template, "WebhookAccept")
    assert set(told) == {"POWERTOOLS_SERVICE_NAME", "PATH_SECRET_ARN", "QUEUE_URL"}
    assert (told.get("QUEUE_URL"), told.get("PATH_SECRET_ARN")) == ({"Ref": queue}, {"Ref": secret})


def test_it_answers_before_pinpoint_gives_up_and_is_the_handler_of_webhooks(template: Template) -> None:
    assert timeouts(template)["ChannelDeliveryWebhookAcceptFunction"] == 14
    handler = only(template, "AWS::Lambda::Function", "WebhookAccept")["Handler"]
    assert handler == "patterns.custom_channel.webhook_handler.handler"


def test_the_secret_is_long_and_of_characters_that_a_webhook_may_have(template: Template) -> None:
    generated = only(template, "AWS::SecretsManager::Secret").get("GenerateSecretString", {})
    assert generated.get("PasswordLength", 0) >= 43
    assert generated.get("ExcludePunctuation") is True
    assert all(mark in generated.get("ExcludeCharacters", "") for mark in "%&=+@!$")


def test_the_address_ends_with_the_secret_which_no_template_holds(template: Template) -> None:
    outputs = template.find_outputs("*")
    address, uri = (flat(outputs[name]["Value"]) for name in ("Address", "DeliveryUri"))
    assert address.startswith("https://")
    assert address.endswith("/v1/")
    assert uri.startswith(address)
    assert "resolve:secretsmanager" in uri


def test_a_secret_and_limits_of_ones_own() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:own-abcdef"
    template = template_of(
        lambda stack, project: InboxChannel(stack, "Channel", project=project).webhook_delivery(
            secret=secretsmanager.Secret.from_secret_complete_arn(stack, "Own", arn),
            rate_limit=5,
            burst_limit=7,
        )
    )
    template.resource_count_is("AWS::SecretsManager::Secret", 0)
    (setting,) = only(template, "AWS::ApiGateway::Stage")["MethodSettings"]
    assert (setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]) == (5, 7)
    assert variables(template, "WebhookAccept")["PATH_SECRET_ARN"] == arn


def test_a_channel_without_it_has_no_api() -> None:
    template = template_of(lambda stack, project: InboxChannel(stack, "Channel", project=project))
    template.resource_count_is("AWS::ApiGateway::RestApi", 0)
