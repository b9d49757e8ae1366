"""The few names of the engine that other stacks know, so that nothing has to cross a stack by export."""

from typing import Final

from aws_cdk import Stack
from constructs import IConstruct

API_FUNCTION: Final = "pinpoint-engine-api"
PROVIDER_FUNCTION: Final = "pinpoint-engine-provider"
CONFIGURATION_SET: Final = "pinpoint-engine"
API_STAGE: Final = "engine"
API_ID_PARAMETER: Final = "/pinpoint-engine/api-id"
API_URL_PARAMETER: Final = "/pinpoint-engine/api-url"
# The delivery role may assume roles with this tag, and no others.
HOSTED_TAG: Final = "pinpoint-engine:hosted"
HOSTED_VALUE: Final = "true"


def delivery_role_name(scope: IConstruct) -> str:
    """The name of the role that acts for customers: roles are global, so it carries the Region."""
    return f"pinpoint-engine-delivery-{Stack.of(scope).region}"


def delivery_role_arn(scope: IConstruct) -> str:
    """The delivery role's ARN, as trust and function policies of the same account name it."""
    stack = Stack.of(scope)
    return f"arn:{stack.partition}:iam::{stack.account}:role/{delivery_role_name(scope)}"


def provider_arn(scope: IConstruct) -> str:
    """The ARN of the CloudFormation provider, in the account and Region of `scope`."""
    stack = Stack.of(scope)
    return f"arn:{stack.partition}:lambda:{stack.region}:{stack.account}:function:{PROVIDER_FUNCTION}"
