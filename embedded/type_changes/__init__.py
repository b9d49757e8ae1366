"""CloudFormation refuses to change the type of a resource under an unchanged logical id, as AWS does.

ministack updates the old resource with the new type's handler instead, which leaves the old one behind.
It is what hosting a live stack meets first: `AWS::Pinpoint::App` cannot become `Custom::PinpointApp`.
"""

import contextvars
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from embedded import ministack_names
from embedded.server import Server

_Handler = Callable[[dict[str, Any]], Any]
_Types = Mapping[str, str]

_CLOUDFORMATION: Final = "ministack.services.cloudformation"
_ACTIONS: Final = ("UpdateStack", "CreateChangeSet")
_RUNNING: Final[contextvars.ContextVar[_Types]] = contextvars.ContextVar(
    "embedded_running_types", default=MappingProxyType({})
)


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Check the types of a template against those of the stack that it updates."""
    handlers: dict[str, _Handler] = ministack_names.find(f"{_CLOUDFORMATION}.handlers._ACTION_HANDLERS")
    for action in _ACTIONS:
        handlers[action] = _knowing_the_stack(handlers[action])
    for module in ("handlers", "changesets"):
        name = f"{_CLOUDFORMATION}.{module}.validate_template_support"
        ministack_names.replace(name, _refusing_changed_types(ministack_names.find(name)))


def changed_types(running: _Types, template: Mapping[str, Any]) -> list[str]:
    """Logical ids that a template gives another type than they have.

    Args:
        running: The type of each resource that exists, by logical id.
        template: A parsed template.
    """
    resources: Mapping[str, Any] = template.get("Resources") or {}
    return sorted(
        logical_id
        for logical_id, resource_type in running.items()
        if logical_id in resources and resources[logical_id].get("Type") != resource_type
    )


def _knowing_the_stack(handler: _Handler) -> _Handler:
    resolve = ministack_names.find(f"{_CLOUDFORMATION}.handlers._resolve_stack")

    def handle(parameters: dict[str, Any]) -> Any:
        name = parameters.get("StackName") or [""]
        stack: Mapping[str, Any] = resolve(name[0] if isinstance(name, list) else name) or {}
        deleted = stack.get("StackStatus") == "DELETE_COMPLETE"
        resources: Mapping[str, Any] = {} if deleted else stack.get("_resources") or {}
        token = _RUNNING.set({key: record.get("ResourceType", "") for key, record in resources.items()})
        try:
            return handler(parameters)
        finally:
            _RUNNING.reset(token)

    return handle


def _refusing_changed_types(validate: Callable[..., Any]) -> Callable[..., Any]:
    def validate_template(template: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        validated = validate(template, *arguments, **options)
        changed = changed_types(_RUNNING.get(), template)
        if changed:
            raise ValueError(
                "Update of resource type is not permitted. The new template modifies resource type of the "
                f"following resources: [{', '.join(changed)}]"
            )
        return validated

    return validate_template
