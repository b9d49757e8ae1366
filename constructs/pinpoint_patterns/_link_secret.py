"""The secret that signs links, and the function that gives it a new value now and then."""

import string
from typing import Final

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._dead_letters import acknowledge
from pinpoint_patterns._function import PatternFunction

_CODE: Final = "patterns/user_endpoints"


class LinkSecret(Construct):
    """A secret whose current value signs links, and whose previous one goes on verifying.

    Args:
        rotation: How often it gets a new value; links live for less.

    See https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html.
    """

    def __init__(self, scope: Construct, construct_id: str, *, rotation: Duration) -> None:
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Signs links to preferences",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=44, exclude_punctuation=True, exclude_characters=string.punctuation
            ),
            # Without it, every link that was sent is dead.
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.rotation = PatternFunction(
            self,
            "Rotation",
            handler="patterns.user_endpoints.rotation.handler",
            code=[_CODE],
            description="Gives the secret of links a new value",
            environment={"LINK_SECRET_ARN": self.secret.secret_arn},
        )
        # It grants the function what a rotation needs, and lets Secrets Manager call it.
        self.secret.add_rotation_schedule(
            "Schedule",
            rotation_lambda=self.rotation.function,
            automatically_after=rotation,
            rotate_immediately_on_update=False,
        )
        self._rotate_for_this_account_only()
        acknowledge(
            self.rotation.role,
            "AwsSolutions-IAM5[Resource::*]",
            "secretsmanager:GetRandomPassword makes up a text and has no resource.",
        )

    def _rotate_for_this_account_only(self) -> None:
        """Name the account in Secrets Manager's permission, which the schedule's grant leaves out."""
        for each in self.rotation.function.node.find_all():
            if isinstance(each, lambda_.CfnPermission):
                each.source_account = Stack.of(self).account
