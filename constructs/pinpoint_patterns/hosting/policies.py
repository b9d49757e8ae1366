"""Where policies are: each that speaks of Pinpoint's actions gains what the engine's API needs."""

from typing import Any, Final

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm

from pinpoint_patterns._engine_names import API_ID_PARAMETER
from pinpoint_patterns._findings import acknowledge_resource
from pinpoint_patterns.hosting.documents import TranslatedDocument
from pinpoint_patterns.hosting.intrinsics import as_list
from pinpoint_patterns.hosting.refusals import Refusals
from pinpoint_patterns.hosting.statements import INVOKE, Place, names_pinpoint, translated
from pinpoint_patterns.hosting.tree import application_id

_WITH_DOCUMENT: Final = (
    iam.CfnPolicy,
    iam.CfnManagedPolicy,
    iam.CfnRolePolicy,
    iam.CfnUserPolicy,
    iam.CfnGroupPolicy,
)
_WITH_INLINE: Final = (iam.CfnRole, iam.CfnUser, iam.CfnGroup)


def translate_policies(node: CfnResource, refusals: Refusals) -> bool:
    """Translate what policies a resource has; False if none of them speaks of Pinpoint."""
    if isinstance(node, _WITH_DOCUMENT):
        if not _mentions(node, node.policy_document):
            return False
        document = _translated(node, node.policy_document, nested=False)
        node.policy_document = document.lazy()
        refusals.later(lambda: _acknowledge(node))
    elif isinstance(node, _WITH_INLINE):
        if not node.policies or not _mentions(node, node.policies):
            return False
        document = _translated(node, node.policies, nested=True)
        node.policies = document.lazy()
    else:
        return False
    stack = Stack.of(node)
    refusals.later(lambda: [(node, problem)] if (problem := document.problem(stack.resolve)) else [])
    return True


def allows_pinpoint(node: CfnResource) -> bool:
    """Whether a resource holds a policy that lets somebody call Pinpoint by name."""
    resolve = Stack.of(node).resolve
    if isinstance(node, _WITH_DOCUMENT):
        return any(names_pinpoint(statement) for statement in _statements(resolve(node.policy_document)))
    if isinstance(node, _WITH_INLINE) and node.policies:
        return any(
            names_pinpoint(statement)
            for policy in resolve(node.policies)
            for statement in _statements(policy.get("policyDocument") or policy.get("PolicyDocument"))
        )
    return False


def _translated(node: CfnResource, original: Any, *, nested: bool) -> TranslatedDocument:
    stack = Stack.of(node)
    api_id = ssm.StringParameter.value_for_string_parameter(stack, API_ID_PARAMETER)

    def place() -> Place:
        return Place(stack.resolve(api_id), lambda function: application_id(stack, function))

    return TranslatedDocument(original, lambda statement: translated(statement, place()), nested=nested)


def _acknowledge(node: CfnResource) -> list[Any]:
    """A wildcard of Pinpoint's is one of the API's as well: whoever accepted the one accepted the other."""
    for statement in _statements(Stack.of(node).resolve(node.policy_document)):  # type: ignore[attr-defined]
        if statement.get("Action") == INVOKE:
            for resource in as_list(statement["Resource"]):
                acknowledge_resource(
                    node, resource, "Says again of the engine's API what another statement says of Pinpoint."
                )
    return []


def _mentions(node: CfnResource, value: Any) -> bool:
    text = str(Stack.of(node).resolve(value)).lower()
    return "mobiletargeting" in text


def _statements(document: Any) -> list[Any]:
    return as_list((document or {}).get("Statement"))
