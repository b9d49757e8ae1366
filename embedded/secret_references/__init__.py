"""`Ref` of a secret is its ARN, as on AWS; ministack gives its name.

A grant on a secret names it by `Ref`, so that no role could read any secret that a stack makes.
See https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html.
"""

from typing import Any, Final

from embedded import ministack_names
from embedded.server import Server

_TYPE: Final = "AWS::SecretsManager::Secret"
_HANDLERS: Final = "ministack.services.cloudformation.provisioners._RESOURCE_HANDLERS"
# A hyphen and six letters, which Secrets Manager adds to the name.
_SUFFIX_LENGTH: Final = 7

_Properties = dict[str, Any]
_Provisioned = tuple[str, dict[str, Any]]


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Give secrets their ARN as physical id."""
    handlers = ministack_names.find(_HANDLERS)
    handlers[_TYPE] = _by_arn(handlers[_TYPE])


def name_of(arn: str) -> str:
    """The name of a secret, from its ARN."""
    return arn.rpartition(":secret:")[2][:-_SUFFIX_LENGTH]


def _by_arn(by_name: dict[str, Any]) -> dict[str, Any]:
    def create(logical_id: str, properties: _Properties, stack: str) -> _Provisioned:
        _, attributes = by_name["create"](logical_id, properties, stack)
        return attributes["Arn"], attributes

    def update(arn: str, old: _Properties, new: _Properties, stack: str, logical_id: str) -> _Provisioned:
        _, attributes = by_name["update"](name_of(arn), old, new, stack, logical_id)
        return attributes["Arn"], attributes

    def delete(arn: str, properties: _Properties) -> None:
        by_name["delete"](name_of(arn), properties)

    return {**by_name, "create": create, "update": update, "delete": delete}
