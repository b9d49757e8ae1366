"""The front of `UserEndpoints`: paths for callers with credentials, and paths for whoever has a link."""

from collections.abc import Mapping
from typing import Any, Final

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._rest_api import private_access_log, regional_api, stage_address

STAGE: Final = "v1"
_LINK: Final = "/links/{token}"
_PUBLIC_METHODS: Final = ("GET", "PUT", "POST")
# What a function says in its own words, in the same form.
_BAD_BODY: Final = (
    '{"code":"bad_request","message":$context.error.messageString,'
    '"request_id":"$context.requestId","detail":"$context.error.validationErrorString"}'
)
_OPT_OUT: Final = apigateway.JsonSchema(enum=["ALL", "NONE"])
_PREFERENCES: Final = apigateway.JsonSchema(type=apigateway.JsonSchemaType.OBJECT)


class UserEndpointsApi(Construct):
    """`/users/...` under IAM and `/links/...` open, each to its own function.

    Ids stand in paths as they were encoded: a greedy proxy keeps what a parameter would decode.

    Args:
        api: What answers callers with credentials.
        public: What answers whoever has a link.
        rate_limit: Requests a second of all callers together.
        burst_limit: Requests at once.
        public_rate_limit: Requests a second to each method of links.
        public_burst_limit: Requests at once to each method of links.
        set_logging_role: Whether to set the Region's API Gateway logging role.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: lambda_.IFunction,
        public: lambda_.IFunction,
        rate_limit: int,
        burst_limit: int,
        public_rate_limit: int,
        public_burst_limit: int,
        set_logging_role: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        public_limits = apigateway.MethodDeploymentOptions(
            throttling_rate_limit=public_rate_limit, throttling_burst_limit=public_burst_limit
        )
        self.access_log = private_access_log(self)
        self.rest_api = regional_api(
            self,
            name="pinpoint-user-endpoints",
            description="Endpoints and preferences of users.",
            access_log=self.access_log,
            stage=STAGE,
            rate_limit=rate_limit,
            burst_limit=burst_limit,
            set_logging_role=set_logging_role,
            method_options={f"{_LINK}/{method}": public_limits for method in _PUBLIC_METHODS},
        )
        self.url = stage_address(self.rest_api, STAGE)
        self._validator = self.rest_api.add_request_validator(
            "Requests", validate_request_body=True, validate_request_parameters=True
        )
        self._change = self._model("Change", _change_schema())
        self._add_users(api)
        self._add_links(public)
        self.rest_api.add_gateway_response(
            "BadBody",
            type=apigateway.ResponseType.BAD_REQUEST_BODY,
            status_code="400",
            response_headers={"Cache-Control": "'no-store'"},
            templates={"application/json": _BAD_BODY},
        )
        acknowledge(
            self.rest_api,
            "AwsSolutions-APIG3",
            "Most callers sign with IAM; links are throttled by themselves and guessed by nobody (256 bits)."
            " A web ACL may be put on the stage by who has one.",
        )

    def grant(self, grantee: iam.IGrantable, calls: Mapping[str, str]) -> iam.Grant:
        """Let somebody call methods of `/users`, named by what comes after the user's id."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=[
                self.rest_api.arn_for_execute_api(method, f"/users/*/{last}", STAGE)
                for last, method in calls.items()
            ],
        )

    def _add_users(self, function: lambda_.IFunction) -> None:
        users = self.rest_api.root.add_resource("users").add_resource("{proxy+}")
        integration = apigateway.LambdaIntegration(function, allow_test_invoke=False)
        link = self._model("Link", _link_schema())
        methods = [
            users.add_method("GET", integration, request_validator=self._validator),
            users.add_method("PUT", integration, **self._checked(self._change)),
            users.add_method("POST", integration, **self._checked(link)),
        ]
        for method in methods:
            acknowledge(
                method, "AwsSolutions-COG4", "Callers are systems of the account, which sign with IAM."
            )

    def _add_links(self, function: lambda_.IFunction) -> None:
        links = self.rest_api.root.add_resource("links").add_resource("{token}")
        integration = apigateway.LambdaIntegration(function, allow_test_invoke=False)
        checks: Mapping[str, Mapping[str, Any]] = {
            "GET": {"request_validator": self._validator},
            "PUT": self._checked(self._change),
            # A form, which no JSON schema describes: RFC 8058 has the body in one way only.
            "POST": {"request_validator": self._validator},
        }
        for name in _PUBLIC_METHODS:
            method = links.add_method(
                name, integration, authorization_type=apigateway.AuthorizationType.NONE, **checks[name]
            )
            for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
                acknowledge(
                    method,
                    rule,
                    "Whoever clicks a link in a mail has no credentials: the signed, expiring token in the"
                    " path is what admits them, and the function checks it before anything else.",
                )

    def _checked(self, model: apigateway.IModel) -> dict[str, Any]:
        return {"request_validator": self._validator, "request_models": {"application/json": model}}

    def _model(self, name: str, schema: apigateway.JsonSchema) -> apigateway.Model:
        return self.rest_api.add_model(
            name, content_type="application/json", model_name=f"{name}Request", schema=schema
        )


def _change_schema() -> apigateway.JsonSchema:
    """What every change looks like; which preferences there are the function knows, and says better."""
    single = apigateway.JsonSchema(
        type=apigateway.JsonSchemaType.OBJECT,
        properties={"preferences": _PREFERENCES, "opt_out": _OPT_OUT},
        additional_properties=False,
    )
    return apigateway.JsonSchema(
        schema=apigateway.JsonSchemaVersion.DRAFT4,
        type=apigateway.JsonSchemaType.OBJECT,
        min_properties=1,
        properties={
            "preferences": _PREFERENCES,
            "opt_out": _OPT_OUT,
            "endpoints": apigateway.JsonSchema(
                type=apigateway.JsonSchemaType.OBJECT, max_properties=15, additional_properties=single
            ),
        },
        additional_properties=False,
    )


def _link_schema() -> apigateway.JsonSchema:
    return apigateway.JsonSchema(
        schema=apigateway.JsonSchemaVersion.DRAFT4,
        type=apigateway.JsonSchemaType.OBJECT,
        properties={
            "scope": apigateway.JsonSchema(enum=["read", "write"]),
            "expires_in": apigateway.JsonSchema(type=apigateway.JsonSchemaType.INTEGER),
        },
        additional_properties=False,
    )
