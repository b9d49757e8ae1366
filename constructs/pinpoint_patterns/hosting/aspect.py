"""The Aspect: visits each resource once, and hands it to the change that is about it."""

import jsii
from aws_cdk import CfnResource, IAspect, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_pinpoint as pinpoint
from constructs import IConstruct

from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.clients import point_at_engine
from pinpoint_patterns.hosting.invocation import admit_engine_calls
from pinpoint_patterns.hosting.leftovers import leftovers
from pinpoint_patterns.hosting.policies import translate_policies
from pinpoint_patterns.hosting.refusals import Refusals
from pinpoint_patterns.hosting.roles import RoleKey, admit_engine, callers, role_key
from pinpoint_patterns.hosting.tree import referenced
from pinpoint_patterns.hosting.types import PREFIX, change_type


@jsii.implements(IAspect)
class Hosting:
    """Hosts what is below a scope on an engine, the engine itself excepted.

    Args:
        scope: What is hosted.
        engine: What it is hosted on.
        live: Whether the resources were deployed before, as Pinpoint's own.
        visited: The paths of what was seen, shared by all Aspects of one app.
    """

    def __init__(self, scope: IConstruct, engine: IConstruct, *, live: bool, visited: set[str]) -> None:
        self._scope = scope
        self._engine = engine
        self._live = live
        self._own = f"{engine.node.path}/"
        self._visited = visited
        self._callers: frozenset[RoleKey] | None = None
        self._refusals = Refusals()
        self._refusals.later(lambda: leftovers(scope, engine, visited))
        scope.node.add_validation(self._refusals)

    def visit(self, node: IConstruct) -> None:
        """What the CDK calls for each construct."""
        if not isinstance(node, CfnResource) or node.node.path in self._visited:
            return
        self._visited.add(node.node.path)
        if node.node.path.startswith(self._own):
            return
        try:
            changed = self._host(node)
        except NotTranslatable as problem:
            self._refusals.refuse(node, problem)
            return
        if changed:
            self._after_engine(node)

    def _host(self, node: CfnResource) -> bool:
        if node.cfn_resource_type.startswith(PREFIX):
            self._check_roles(node)
            change_type(node, live=self._live)
            return True
        if isinstance(node, lambda_.CfnPermission):
            return admit_engine_calls(node)
        if isinstance(node, lambda_.CfnFunction):
            return self._point_at_engine(node)
        changed = translate_policies(node, self._refusals)
        if isinstance(node, iam.CfnRole):
            changed = admit_engine(node, self._refusals) or changed
        return changed

    def _point_at_engine(self, function: lambda_.CfnFunction) -> bool:
        if self._callers is None:
            self._callers = callers(self._scope)
        if role_key(function, function.role) not in self._callers:
            return False
        point_at_engine(function, self._refusals)
        return True

    def _check_roles(self, node: CfnResource) -> None:
        """The roles that Pinpoint is given must be such that the engine can be let in."""
        roles: list[str | None] = []
        if isinstance(node, pinpoint.CfnEventStream):
            roles = [node.role_arn]
        elif isinstance(node, pinpoint.CfnEmailChannel):
            roles = [node.role_arn, node.orchestration_sending_role_arn]
        for role in roles:
            if role is None:
                continue
            target = referenced(role)
            inside = target is not None and _is_below(target, self._scope)
            if not inside or not isinstance(target, iam.CfnRole):
                raise NotTranslatable(
                    "it is given an imported role, whose trust policy hosting cannot change",
                    "make the role in the hosted app, trusted by pinpoint.amazonaws.com",
                )

    def _after_engine(self, node: CfnResource) -> None:
        """The engine's names must exist before a stack that uses them."""
        stack, engine = Stack.of(node), Stack.of(self._engine)
        if stack is not engine and Stage.of(stack) is Stage.of(engine):
            stack.add_stack_dependency(engine, "it is hosted on the Pinpoint engine")


def _is_below(node: IConstruct, scope: IConstruct) -> bool:
    return any(ancestor is scope for ancestor in node.node.scopes)
