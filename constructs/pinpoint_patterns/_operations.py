"""From the name of a Pinpoint operation to what IAM calls it: an action, and the ARN it acts on.

Paths come from botocore's model of the API; how a path becomes a resource follows
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpinpoint.html.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from botocore.loaders import Loader

_APPLICATION: Final = ("apps", "{application-id}")
# What lives below these is one resource to IAM, however deep the path goes on.
_ITEMS: Final = frozenset({"campaigns", "segments", "journeys", "endpoints", "users"})
# Creating or listing these is an act on the application itself.
_APPLICATION_LEVEL: Final = frozenset(
    {
        ("campaigns",),
        ("segments",),
        ("endpoints",),
        ("settings",),
        ("jobs", "import"),
        ("jobs", "export"),
    }
)
_TEMPLATES: Final = ("templates", "{template-name}")


@dataclass(frozen=True)
class Operation:
    """One operation as IAM sees it.

    Attributes:
        action: Such as `mobiletargeting:GetEndpoint`.
        resource: What follows the account in the ARN, other ids as `*`, and `{application-id}` for the
            application's own; `*` where IAM knows no resource.
    """

    action: str
    resource: str


def operation(name: str) -> Operation:
    """Look up one operation of the API.

    Args:
        name: As in the API reference, such as `UpdateEndpointsBatch`.

    Raises:
        ValueError: The API has no such operation.
    """
    operations = _operations()
    if name not in operations:
        close = difflib.get_close_matches(name, operations, n=1, cutoff=0.4)
        hint = f": did you mean {close[0]}?" if close else ": take a name from the API reference"
        raise ValueError(f"Amazon Pinpoint has no operation {name!r}{hint}")
    return Operation(action=f"mobiletargeting:{name}", resource=_resource(operations[name]))


@cache
def _operations() -> Mapping[str, str]:
    model: dict[str, Any] = Loader().load_service_model("pinpoint", "service-2")
    return {name: entry["http"]["requestUri"] for name, entry in model["operations"].items()}


def _resource(path: str) -> str:
    parts = tuple(path.removeprefix("/v1/").split("/"))
    if parts[:2] == _APPLICATION:
        return "/".join([*_APPLICATION, *_below_application(parts[2:])])
    if parts[0] == "tags":
        return "*"
    if parts[:2] == _TEMPLATES:
        return "/".join(["templates", "*", "*" if parts[2].startswith("{") else parts[2].upper()])
    return "/".join("*" if part.startswith("{") else part for part in parts)


def _below_application(rest: tuple[str, ...]) -> list[str]:
    if rest in _APPLICATION_LEVEL:
        return []
    if rest and rest[0] in _ITEMS and len(rest) > 1:
        return [rest[0], "*"]
    return ["*" if part.startswith("{") else part for part in rest]
