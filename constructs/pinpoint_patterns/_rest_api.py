"""The one way a REST API is made here: regional, its access logs without anybody's address or id."""

import json
from collections.abc import Mapping
from typing import Final

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from pinpoint_patterns._dead_letters import acknowledge

# Neither the caller's address nor the path, which may hold the id of a person.
_ACCESS_LOG: Final = json.dumps(
    {
        "requestId": "$context.requestId",
        "requestTime": "$context.requestTime",
        "httpMethod": "$context.httpMethod",
        "status": "$context.status",
        "error": "$context.error.messageString",
        "responseLength": "$context.responseLength",
        "responseLatency": "$context.responseLatency",
        "integrationStatus": "$context.integration.status",
    }
)


def private_access_log(scope: Construct) -> logs.LogGroup:
    """Where an API's access log goes."""
    return logs.LogGroup(
        scope, "AccessLog", retention=logs.RetentionDays.THREE_MONTHS, removal_policy=RemovalPolicy.DESTROY
    )


def regional_api(
    scope: Construct,
    *,
    name: str,
    description: str,
    access_log: logs.ILogGroup,
    stage: str,
    rate_limit: int,
    burst_limit: int,
    set_logging_role: bool,
    method_options: Mapping[str, apigateway.MethodDeploymentOptions] | None = None,
) -> apigateway.RestApi:
    """A REST API, since HTTP APIs decode the path and cut it at a `?`, and ids may hold both.

    Its methods ask for IAM, unless one of them says otherwise.

    Args:
        scope: Where it stands, as `Rest`.
        name: As the console shows it.
        description: What it is for.
        access_log: Where its access log goes.
        stage: The first segment of its addresses.
        rate_limit: Requests a second, over all callers.
        burst_limit: Requests at once.
        set_logging_role: Whether to set the Region's API Gateway logging role, which access logs need
            once in an account.
        method_options: Other limits of single methods, by path and method.

    See https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html.
    """
    api = apigateway.RestApi(
        scope,
        "Rest",
        rest_api_name=name,
        description=description,
        endpoint_types=[apigateway.EndpointType.REGIONAL],
        # Not on a proxy: it gives its method to the root as well, but without these options.
        default_method_options=apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM),
        cloud_watch_role=set_logging_role,
        cloud_watch_role_removal_policy=RemovalPolicy.RETAIN if set_logging_role else None,
        deploy_options=apigateway.StageOptions(
            stage_name=stage,
            access_log_destination=apigateway.LogGroupLogDestination(access_log),
            access_log_format=apigateway.AccessLogFormat.custom(_ACCESS_LOG),
            throttling_rate_limit=rate_limit,
            throttling_burst_limit=burst_limit,
            method_options=dict(method_options) if method_options else None,
        ),
    )
    acknowledge(
        api,
        "AwsSolutions-APIG6",
        "Execution logs hold request paths, and so ids of people; access logs without them are kept.",
    )
    if set_logging_role:
        acknowledge(
            api,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]",
            "API Gateway's logging role is account-wide and documented with this managed policy.",
        )
    return api


def stage_address(api: apigateway.RestApi, stage: str) -> str:
    """Where a stage answers, without a slash at the end."""
    stack = Stack.of(api)
    return f"https://{api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}/{stage}"
