"""Secrets that sign webhooks."""

import string

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pinpoint_patterns._dead_letters import acknowledge


def signing_secret(
    scope: Construct, construct_id: str, *, encryption_key: kms.IKey | None = None
) -> secretsmanager.Secret:
    """A new secret that Standard Webhooks takes as it is: 44 letters and digits are base64 of 33 bytes."""
    secret = secretsmanager.Secret(
        scope,
        construct_id,
        description="Signs webhooks: whsec_<base64>, or several while a receiver changes over",
        encryption_key=encryption_key,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            password_length=44,
            exclude_punctuation=True,
            exclude_characters=string.punctuation,
        ),
        removal_policy=RemovalPolicy.RETAIN,
    )
    acknowledge(
        secret,
        "AwsSolutions-SMG4",
        "The receiver holds the same secret: it is rotated together with them, not by a schedule of ours.",
    )
    return secret
