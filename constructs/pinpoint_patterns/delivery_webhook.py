"""A custom channel's front as an https address, for whoever cannot or does not want to name a function."""

import string
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._function import PatternFunction
from pinpoint_patterns._rest_api import private_access_log, regional_api, stage_address

_STAGE: Final = "v1"
_NOT_FOUND: Final = '{"message":"Not Found"}'


class DeliveryWebhook(Construct):
    """A REST API with one secret path, the function behind it, and the secret.

    Pinpoint neither signs nor authenticates what it sends to a webhook: only who knows the path gets in. HEAD
    answers with the account's id, as Pinpoint asks for; POST queues the batch; everything else is a 404. A
    REST API, and not a function's own URL, since it is throttled before the function is paid for.

    Args:
        queue: The channel's.
        channel_name: Shown in the console.
        secret: The last segment of the path, of letters and digits; a new one by default. Its current and its
            previous value admit.
        rate_limit: Requests a second; a request holds up to 50 endpoints.
        burst_limit: Requests at once.
        set_logging_role: Whether to set the Region's API Gateway logging role, which access logs need once in
            an account.
        encryption_key: A key for the secret; Secrets Manager's own by default.

    See https://docs.aws.amazon.com/pinpoint/latest/developerguide/channels-custom-create.html.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: sqs.IQueue,
        channel_name: str,
        secret: secretsmanager.ISecret | None = None,
        rate_limit: int = 50,
        burst_limit: int = 100,
        set_logging_role: bool = False,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.secret = secret or self._secret(encryption_key)
        self.accept = PatternFunction(
            self,
            "Accept",
            handler="patterns.custom_channel.webhook_handler.handler",
            code=["patterns/custom_channel"],
            description=f"Takes endpoints for the channel {channel_name} by https",
            timeout=Duration.seconds(14),
            environment={"QUEUE_URL": queue.queue_url, "PATH_SECRET_ARN": self.secret.secret_arn},
        )
        queue.grant_send_messages(self.accept.function)
        self.secret.grant_read(self.accept.function)
        self.access_log = private_access_log(self)
        self.rest_api = regional_api(
            self,
            name=f"pinpoint-channel-{channel_name}",
            description=f"Takes endpoints for the channel {channel_name}.",
            access_log=self.access_log,
            stage=_STAGE,
            rate_limit=rate_limit,
            burst_limit=burst_limit,
            set_logging_role=set_logging_role,
        )
        self._add_path()

    @property
    def address(self) -> str:
        """What stands before the secret in `DeliveryUri`, slash included."""
        return f"{stage_address(self.rest_api, _STAGE)}/"

    @property
    def delivery_uri(self) -> str:
        """The whole `DeliveryUri`, for templates: CloudFormation puts the secret in when it deploys.

        See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html.
        """
        return self.address + self.secret.secret_value.unsafe_unwrap()

    def grant_read_secret(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let whoever writes campaigns read the end of the path."""
        return self.secret.grant_read(grantee)

    def _secret(self, encryption_key: kms.IKey | None) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "Secret",
            description="The end of the path by which Pinpoint reaches a custom channel",
            encryption_key=encryption_key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=44, exclude_punctuation=True, exclude_characters=string.punctuation
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "Campaigns carry it in their DeliveryUri: it is rotated together with them, not by a schedule.",
        )
        return secret

    def _add_path(self) -> None:
        path = self.rest_api.root.add_resource("{secret}")
        integration = apigateway.LambdaIntegration(self.accept.function, allow_test_invoke=False)
        for name in ("HEAD", "POST"):
            method = path.add_method(name, integration, authorization_type=apigateway.AuthorizationType.NONE)
            for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
                acknowledge(
                    method,
                    rule,
                    "Pinpoint has no credentials for a webhook: the secret at the end of the path admits, and"
                    " the function compares it before anything else.",
                )
        # Without it, API Gateway answers 403 to other paths and methods, which tells them from wrong secrets.
        self.rest_api.add_gateway_response(
            "NotFound",
            type=apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
            status_code="404",
            templates={"application/json": _NOT_FOUND},
        )
        acknowledge(
            self.rest_api,
            "AwsSolutions-APIG2",
            "The function reads the body itself, and must look at the secret before it.",
        )
        acknowledge(
            self.rest_api,
            "AwsSolutions-APIG3",
            "The path is guessed by nobody (260 bits) and throttled; a web ACL may be put on the stage.",
        )
