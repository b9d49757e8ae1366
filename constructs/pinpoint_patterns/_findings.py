"""Accepting cdk-nag's findings on wildcards: each by what exactly it allows, and with a reason."""

import json
from typing import Any

from aws_cdk import Stack
from constructs import IConstruct

from pinpoint_patterns._dead_letters import acknowledge


def acknowledge_wildcard(construct: IConstruct, arn: str, reason: str) -> None:
    """Accept that a policy below a construct names a resource with a wildcard.

    Args:
        construct: The role or policy, whose stack is also the resource's, or imports it.
        arn: The resource as the policy has it.
        reason: Why it cannot be narrower.
    """
    acknowledge_resource(construct, Stack.of(construct).resolve(arn), reason)


def acknowledge_resource(construct: IConstruct, resource: Any, reason: str) -> None:
    """The same, for a resource as the template will have it.

    Args:
        construct: The role or policy.
        resource: Resolved, text or intrinsic functions.
        reason: Why it cannot be narrower.
    """
    acknowledge(construct, f"AwsSolutions-IAM5[Resource::{_flat(resource)}]", reason)


def acknowledge_end_of_service(resource: IConstruct) -> None:
    """Accept CloudFormation's warning that the service behind a type ends: it is what the engine is for."""
    acknowledge(
        resource,
        "CloudFormation-Validate::W3696",
        "Amazon Pinpoint ended on 2026-10-30: hosted stacks reach the engine in its place.",
    )


def _flat(value: Any) -> str:
    """A reference as cdk-nag writes it in the id of a finding."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(_flat(part) for part in parts)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{_flat(resource)}.{_flat(attribute)}>"
        case {"Fn::ImportValue": name}:
            return _flat(name)
        case {"Ref": name}:
            return f"<{_flat(name)}>"
        case dict():
            return json.dumps(value, separators=(",", ":"))
    raise ValueError(f"no known way to name {value!r} in a finding")
