"""The engine's front: a regional REST API that admits signed callers and hands everything to one function."""

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._engine_names import API_STAGE
from pinpoint_patterns._rest_api import private_access_log, regional_api, stage_address


class EngineApi(Construct):
    """A greedy proxy in front of one function.

    Args:
        function: What answers.
        rate_limit: Requests a second, over all callers.
        burst_limit: Requests at once.
        set_logging_role: Whether to set the Region's API Gateway logging role, which access logs need
            once in an account.
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
        self.access_log = private_access_log(self)
        self.rest_api = regional_api(
            self,
            name="pinpoint-engine",
            description="The Pinpoint API, served by the engine in this account.",
            access_log=self.access_log,
            stage=API_STAGE,
            rate_limit=rate_limit,
            burst_limit=burst_limit,
            set_logging_role=set_logging_role,
        )
        self.rest_api.root.add_proxy(
            default_integration=apigateway.LambdaIntegration(function, allow_test_invoke=False)
        )
        self.url = stage_address(self.rest_api, API_STAGE)
        self._acknowledge_findings()

    def _acknowledge_findings(self) -> None:
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
            "AwsSolutions-COG4",
            "Callers are Pinpoint clients, which sign with IAM credentials.",
        )
