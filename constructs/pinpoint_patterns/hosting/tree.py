"""Looking things up in a construct tree by what a template says of them."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import CfnOutput, CfnResource, Reference, Stack, Stage, Token, Tokenization
from constructs import IConstruct

_ARN = "Arn"


def resources(scope: IConstruct) -> Iterator[CfnResource]:
    """All CloudFormation resources below a scope."""
    for node in scope.node.find_all():
        if isinstance(node, CfnResource):
            yield node


def referenced(value: Any) -> CfnResource | None:
    """The resource that a property refers to, in whatever stack; None if it is text or something else."""
    if not isinstance(value, str) or not Token.is_unresolved(value):
        return None
    fragments = Tokenization.reverse_string(value)
    tokens = list(fragments.tokens)
    if len(tokens) != 1 or fragments.length != 1 or not Reference.is_reference(tokens[0]):
        return None
    target = tokens[0].target  # type: ignore[attr-defined]  # a Reference, as was just asked
    return target if isinstance(target, CfnResource) else None


def resource_by_logical_id(stack: Stack, logical_id: str) -> CfnResource | None:
    """A stack's resource as its template calls it."""
    for resource in resources(stack):
        if resource.stack is stack and stack.resolve(resource.logical_id) == logical_id:
            return resource
    return None


def application_id(stack: Stack, function: Any) -> Any:
    """The id of an application from the function that gives its ARN; None if it is no application's.

    Args:
        stack: Whose template holds the function.
        function: `Fn::GetAtt`, or `Fn::ImportValue` of what another stack of the app exports.
    """
    if not isinstance(function, dict):
        return None
    if "Fn::GetAtt" in function:
        logical_id, attribute = function["Fn::GetAtt"]
        resource = resource_by_logical_id(stack, logical_id) if attribute == _ARN else None
        return {"Ref": logical_id} if resource and _is_application(resource) else None
    if "Fn::ImportValue" in function:
        producer, exported = _export(stack, function["Fn::ImportValue"])
        if producer and application_id(producer, exported) is not None:
            path = {"Fn::Select": [5, {"Fn::Split": [":", function]}]}
            return {"Fn::Select": [1, {"Fn::Split": ["/", path]}]}
    return None


def _is_application(resource: CfnResource) -> bool:
    # The type override of a hosted resource does not show here.
    return resource.cfn_resource_type in ("AWS::Pinpoint::App", "Custom::PinpointApp")


def _export(stack: Stack, name: Any) -> tuple[Stack | None, Any]:
    stage = Stage.of(stack)
    for node in stage.node.find_all() if stage else ():
        if isinstance(node, CfnOutput) and node.stack.resolve(node.export_name) == name:
            return node.stack, node.stack.resolve(node.value)
    return None, None
