"""The engine's front: a regional REST API that admits signed callers and hands everything to one function."""

import json
from typing import Final

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._engine_names import API_STAGE

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


class EngineApi(Construct):
    """A REST API, since HTTP APIs decode the path and cut it at a `?`, and ids may hold both.

    Args:
        function: What answers.
        rate_limit: Requests a second, over all callers.
        burst_limit: Requests at once.
        set_logging_role: Whether to set the Region's API Gateway logging role, which access logs need
            once in an account.

    See https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        rate_limit: int,
        burst_limit: int,
        set_logging_role: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.access_log = logs.LogGroup(
            self,
            "AccessLog",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.rest_api = apigateway.RestApi(
            self,
            "Rest",
            rest_api_name="pinpoint-engine",
            description="The Pinpoint API, served by the engine in this account.",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # Not on the proxy: it gives its method to the root as well, but without these options.
            default_method_options=apigateway.MethodOptions(
                authorization_type=apigateway.AuthorizationType.IAM
            ),
            cloud_watch_role=set_logging_role,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN if set_logging_role else None,
            deploy_options=apigateway.StageOptions(
                stage_name=API_STAGE,
                access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
                access_log_format=apigateway.AccessLogFormat.custom(_ACCESS_LOG),
                throttling_rate_limit=rate_limit,
                throttling_burst_limit=burst_limit,
            ),
        )
        self.rest_api.root.add_proxy(
            default_integration=apigateway.LambdaIntegration(function, allow_test_invoke=False)
        )
        self.url = (
            f"https://{self.rest_api.rest_api_id}.execute-api.{Stack.of(self).region}"
            f".{Stack.of(self).url_suffix}/{API_STAGE}"
        )
        self._acknowledge_findings(set_logging_role=set_logging_role)

    def _acknowledge_findings(self, *, set_logging_role: bool) -> None:
        acknowledge(
            self.rest_api,
            "AwsSolutions-APIG2",
            "The function validates every request against the service model of Pinpoint itself.",
        )
        acknowledge(
            self.rest_api,
            "AwsSolutions-APIG3",
            "Only callers with AWS credentials of this account get in, so there is no public to filter.",
        )
        acknowledge(
            self.rest_api,
            "AwsSolutions-APIG6",
            "Execution logs hold request paths, and so ids of people; access logs without them are kept.",
        )
        acknowledge(
            self.rest_api,
            "AwsSolutions-COG4",
            "Callers are Pinpoint clients, which sign with IAM credentials.",
        )
        if set_logging_role:
            acknowledge(
                self.rest_api,
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AmazonAPIGatewayPushToCloudWatchLogs]",
                "API Gateway's logging role is account-wide and documented with this managed policy.",
            )
