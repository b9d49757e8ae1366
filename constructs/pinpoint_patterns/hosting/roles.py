"""Changes to roles: who may assume them, and who of those that use them may call Pinpoint."""

from typing import Any, Final

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from pinpoint_patterns._engine_names import HOSTED_TAG, HOSTED_VALUE, delivery_role_arn
from pinpoint_patterns.hosting.documents import TranslatedDocument
from pinpoint_patterns.hosting.intrinsics import as_list
from pinpoint_patterns.hosting.policies import allows_pinpoint
from pinpoint_patterns.hosting.refusals import Refusals
from pinpoint_patterns.hosting.tree import referenced, resources
from pinpoint_patterns.hosting.trust import trusting_the_engine

RoleKey = tuple[str, str]
_ASSUMABLE: Final = "pinpoint"


def admit_engine(role: iam.CfnRole, refusals: Refusals) -> bool:
    """Let the delivery role assume what Pinpoint may assume, and tag the role; False if it may not."""
    stack = Stack.of(role)
    original = role.assume_role_policy_document
    if _ASSUMABLE not in str(stack.resolve(original)):
        return False
    delivery_role = stack.resolve(delivery_role_arn(role))
    document = TranslatedDocument(original, lambda each: trusting_the_engine(each, delivery_role))
    role.assume_role_policy_document = document.lazy()
    role.tags.set_tag(HOSTED_TAG, HOSTED_VALUE)
    refusals.later(lambda: [(role, problem)] if (problem := document.problem(stack.resolve)) else [])
    return True


def callers(scope: IConstruct) -> frozenset[RoleKey]:
    """The roles below a scope that may call Pinpoint by name, by their own or by attached policies."""
    found: set[RoleKey] = set()
    managed: set[RoleKey] = set()
    roles: list[iam.CfnRole] = []
    for node in resources(scope):
        if isinstance(node, iam.CfnRole):
            roles.append(node)
        if not allows_pinpoint(node):
            continue
        if isinstance(node, iam.CfnRole):
            found.add(_key(node))
        elif isinstance(node, iam.CfnPolicy | iam.CfnManagedPolicy):
            found |= _attached(node, node.roles)
            managed.add(_key(node))
        elif isinstance(node, iam.CfnRolePolicy):
            found |= _attached(node, [node.role_name])
    for role in roles:
        attached = Stack.of(role).resolve(role.managed_policy_arns)
        if any((Stack.of(role).node.path, ref) in managed for ref in _refs(attached)):
            found.add(_key(role))
    return frozenset(found)


def role_key(holder: CfnResource, role_arn: Any) -> RoleKey | None:
    """Which role a property names, None if the app does not make it."""
    target = referenced(role_arn)
    if target is not None:
        return _key(target)
    resolved = Stack.of(holder).resolve(role_arn)
    if isinstance(resolved, dict) and "Fn::GetAtt" in resolved:
        return (Stack.of(holder).node.path, resolved["Fn::GetAtt"][0])
    return None


def attached_roles(policy: CfnResource) -> list[Any]:
    """The names of the roles that a policy is attached to, as the template has them."""
    if isinstance(policy, iam.CfnPolicy | iam.CfnManagedPolicy):
        return as_list(Stack.of(policy).resolve(policy.roles))
    if isinstance(policy, iam.CfnRolePolicy):
        return [Stack.of(policy).resolve(policy.role_name)]
    return []


def _attached(policy: CfnResource, roles: Any) -> set[RoleKey]:
    path = Stack.of(policy).node.path
    return {(path, ref) for ref in _refs(Stack.of(policy).resolve(roles))}


def _refs(values: Any) -> list[str]:
    return [value["Ref"] for value in as_list(values) if isinstance(value, dict) and "Ref" in value]


def _key(resource: CfnResource) -> RoleKey:
    stack = Stack.of(resource)
    return (stack.node.path, stack.resolve(resource.logical_id))
