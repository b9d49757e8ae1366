"""Change 1: Pinpoint's resource types become the engine's, and keep what they refer to and give."""

from typing import Final

from aws_cdk import CfnResource, Stack

from pinpoint_patterns._engine_names import provider_arn
from pinpoint_patterns.errors import NotTranslatable

PREFIX: Final = "AWS::Pinpoint::"
SERVED: Final = frozenset(
    {
        "App",
        "ApplicationSettings",
        "Campaign",
        "EmailChannel",
        "EmailTemplate",
        "EventStream",
        "SMSChannel",
        "Segment",
        "SmsTemplate",
        "VoiceChannel",
    }
)


def change_type(node: CfnResource, *, live: bool) -> None:
    """Have the engine's provider make a Pinpoint resource.

    Args:
        node: The resource.
        live: Whether it exists already, so that CloudFormation would refuse another type under its
            logical id: then it gets a new one.

    Raises:
        NotTranslatable: The engine does not serve this type.
    """
    kind = node.cfn_resource_type.removeprefix(PREFIX)
    if kind not in SERVED:
        raise NotTranslatable(
            f"{PREFIX}{kind} is not served by the engine yet",
            "leave the resource out, or keep it in a stack that is not hosted",
        )
    if live:
        node.override_logical_id(f"{Stack.of(node).resolve(node.logical_id)}Hosted")
    node.add_override("Type", f"Custom::Pinpoint{kind}")
    node.add_property_override("ServiceToken", provider_arn(node))
