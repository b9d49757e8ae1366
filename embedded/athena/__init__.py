"""Athena's saved queries can be made by CloudFormation.

ministack keeps named queries, and knows no resource type for them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-athena-namedquery.html
"""

import json
from typing import Any, Final

from embedded.ministack_names import find
from embedded.server import Server

_TYPE: Final = "AWS::Athena::NamedQuery"
_ATHENA: Final = "ministack.services.athena"
_PROVISIONERS: Final = "ministack.services.cloudformation.provisioners"
# Every property of a saved query replaces it.
_PROPERTIES: Final = ("Name", "Description", "Database", "QueryString", "WorkGroup")


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Register the type."""
    find(f"{_PROVISIONERS}._RESOURCE_HANDLERS")[_TYPE] = {"create": _create, "delete": _delete}
    find(f"{_PROVISIONERS}._REPLACING_PROPERTIES")[_TYPE] = _PROPERTIES


def _create(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
    for required in ("Database", "QueryString"):
        if not properties.get(required):
            raise ValueError(f"{_TYPE}: the property {required} of {logical_id} is required")
    named = {"Name": f"{stack}-{logical_id}", **properties}
    _, _, body = find(f"{_ATHENA}._create_named_query")(named)
    identity = str(json.loads(body)["NamedQueryId"])
    return identity, {"NamedQueryId": identity}


def _delete(physical_id: str, properties: dict[str, Any]) -> None:  # noqa: ARG001
    find(f"{_ATHENA}._delete_named_query")({"NamedQueryId": physical_id})
