"""A stand-in for the engine and one partner's stack, for tests of the embedded AWS alone."""

from pathlib import Path

from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_pinpoint as pinpoint

_FOLDER = Path(__file__).parent


def function(stack: Stack, name: str, code: str, handler: str, **options: object) -> lambda_.Function:
    return lambda_.Function(
        stack,
        name,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler=handler,
        code=lambda_.Code.from_asset(str(_FOLDER / code)),
        timeout=Duration.seconds(30),
        **options,  # type: ignore[arg-type]
    )


def engine(app: App) -> Stack:
    stack = Stack(app, "Engine")
    api = function(stack, "Api", "engine", "api.handler", function_name="pinpoint-engine-api")
    function(stack, "Provider", "engine", "provider.handler", function_name="pinpoint-engine-provider")
    rest_api = apigateway.LambdaRestApi(
        stack,
        "Rest",
        handler=api,
        cloud_watch_role=False,
        deploy_options=apigateway.StageOptions(stage_name="engine"),
        default_method_options=apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM),
    )
    CfnOutput(stack, "ApiUrl", value=rest_api.url)
    return stack


def partner(app: App) -> Stack:
    stack = Stack(app, "Partner")
    application = pinpoint.CfnApp(stack, "App", name="first")
    layer = lambda_.LayerVersion(stack, "Layer", code=lambda_.Code.from_asset(str(_FOLDER / "layer")))
    caller = function(
        stack,
        "Caller",
        "partner",
        "caller.handler",
        layers=[layer],
        environment={
            "API_URL": f"https://ab12cd34ef.execute-api.{stack.region}.amazonaws.com/engine",
            "DATA": "/opt/data",
        },
    )
    caller.add_to_role_policy(
        iam.PolicyStatement(
            actions=["mobiletargeting:GetApp", "mobiletargeting:GetEndpoint"],
            resources=[application.attr_arn, f"{application.attr_arn}/endpoints/*"],
        )
    )
    CfnOutput(stack, "ApplicationId", value=application.ref)
    CfnOutput(stack, "ApplicationArn", value=application.attr_arn)
    CfnOutput(stack, "CallerName", value=caller.function_name)
    return stack


def main() -> None:
    app = App()
    partner(app).add_dependency(engine(app))
    app.synth()


if __name__ == "__main__":
    main()
