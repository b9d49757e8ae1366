"""What still speaks of Pinpoint when all is translated: each a refusal, so that nothing passes in silence.

Runs at the end of synthesis over what the templates will hold.
"""

import json
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.policies import allows_pinpoint
from pinpoint_patterns.hosting.roles import attached_roles
from pinpoint_patterns.hosting.tree import resources
from pinpoint_patterns.hosting.types import PREFIX

# Actions stand at the beginning of a string; in an ARN the name follows a colon.
_ACTION: Final = re.compile(r'"mobiletargeting:')
_PRINCIPAL: Final = re.compile(r'"pinpoint\.')
_INTEGRATION: Final = re.compile(
    r"aws-sdk:pinpoint:|:pinpoint:action/|client-pinpoint\b|\"service\\?\":\s*\\?\"pinpoint\\?\"", re.I
)
_HANDLED: Final = (
    iam.CfnPolicy,
    iam.CfnManagedPolicy,
    iam.CfnRole,
    iam.CfnRolePolicy,
    iam.CfnUser,
    iam.CfnUserPolicy,
    iam.CfnGroup,
    iam.CfnGroupPolicy,
    lambda_.CfnPermission,
)
_UNREACHABLE: Final[Mapping[str, str]] = {
    "ec2.amazonaws.com": "EC2 instances",
    "ecs-tasks.amazonaws.com": "ECS tasks",
    "cognito-identity.amazonaws.com": "Cognito identities",
    "edgelambda.amazonaws.com": "edge functions",
}


def leftovers(
    scope: IConstruct, engine: IConstruct, visited: Container[str]
) -> list[tuple[IConstruct, NotTranslatable]]:
    """What below a scope the engine cannot serve, with the reasons.

    Args:
        scope: What is hosted.
        engine: Where nothing is looked at.
        visited: The paths of the resources that the Aspect saw.
    """
    found: list[tuple[IConstruct, NotTranslatable]] = []
    own = f"{engine.node.path}/"
    for resource in resources(scope):
        if resource.node.path.startswith(own):
            continue
        try:
            if resource.node.path not in visited:
                _check_late(resource)
            _check(resource)
        except NotTranslatable as problem:
            found.append((resource, problem))
    return found


def _check_late(resource: CfnResource) -> None:
    """What was added too late for the Aspect must not need any of its changes."""
    properties = json.dumps(Stack.of(resource).resolve(resource._cfn_properties), default=str)
    if (
        resource.cfn_resource_type.startswith(PREFIX)
        or _ACTION.search(properties)
        or _PRINCIPAL.search(properties)
    ):
        raise NotTranslatable(
            "it was added after hosting had looked",
            "call host() last, or once more on the stage that was added",
        )


def _check(resource: CfnResource) -> None:
    if isinstance(resource, _HANDLED):
        _check_users(resource)
        return
    kind = resource.cfn_resource_type
    properties = Stack.of(resource).resolve(resource._cfn_properties)
    if kind.startswith(PREFIX):
        _check_called_functions(resource, properties)
        return
    text = json.dumps(properties, default=str)
    if kind == "AWS::Cognito::UserPoolClient" and "analyticsConfiguration" in properties:
        raise NotTranslatable(
            "the user pool sends its analytics to Pinpoint itself",
            "leave AnalyticsConfiguration out, and record events by PutEvents",
        )
    if _INTEGRATION.search(text):
        raise NotTranslatable(
            f"an {kind} calls Pinpoint through AWS's own integration, which has only AWS's address",
            "call a Lambda function that uses a Pinpoint client",
        )
    if _PRINCIPAL.search(text):
        raise NotTranslatable(
            "its policy admits Pinpoint's service principal",
            "admit the role that Pinpoint was given (event stream, import job) instead",
        )
    if _ACTION.search(text):
        raise NotTranslatable(
            f"an {kind} grants Pinpoint's actions", "grant them by a policy of a role, a user or a group"
        )


def _check_users(resource: CfnResource) -> None:
    """Who gets Pinpoint's actions must be somebody whose clients can be pointed at the engine."""
    if not allows_pinpoint(resource):
        return
    if any(isinstance(name, str) for name in attached_roles(resource)):
        raise NotTranslatable(
            "the policy is for an imported role, whose functions cannot be given the client settings",
            "host the app that makes the role, or make the role in this one",
        )
    for role in _roles(resource):
        trust = json.dumps(Stack.of(role).resolve(role.assume_role_policy_document))
        for service, users in _UNREACHABLE.items():
            if service in trust:
                raise NotTranslatable(
                    f"it lets {users} call Pinpoint ({role.node.path}), whose clients hosting cannot reach",
                    "have them call a Lambda function, or set their clients up as docs/hosting.md shows "
                    "and grant execute-api:Invoke with PinpointEngine.grant",
                )


def _roles(resource: CfnResource) -> Iterator[iam.CfnRole]:
    if isinstance(resource, iam.CfnRole):
        yield resource
        return
    stack = Stack.of(resource)
    names = [name.get("Ref") for name in attached_roles(resource) if isinstance(name, dict)]
    for role in resources(stack):
        if isinstance(role, iam.CfnRole) and stack.resolve(role.logical_id) in names:
            yield role


def _check_called_functions(resource: CfnResource, properties: Mapping[str, Any]) -> None:
    """A function that the app does not make has no permission here that could be given to the engine."""
    for name in _called_functions(properties):
        if isinstance(name, str) and not name.startswith("https://") and not _is_permitted(resource, name):
            raise NotTranslatable(
                f"it names the imported function {name!r}, which this app gives no permission for",
                "add a lambda.CfnPermission for Pinpoint's principal, or make the function in this app",
            )


def _called_functions(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key.lower() in ("lambdafunctionname", "deliveryuri"):
                yield inner
            else:
                yield from _called_functions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _called_functions(inner)


def _is_permitted(resource: CfnResource, function: str) -> bool:
    name = function.rpartition(":function:")[2].partition(":")[0]
    return any(
        name in str(Stack.of(permission).resolve(permission.function_name))
        for permission in resources(resource.node.root)
        if isinstance(permission, lambda_.CfnPermission)
    )
