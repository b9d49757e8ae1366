"""What a request to Pinpoint asks for, in the words of IAM: an action and a resource.

Paths come from botocore's own model of the API. How a path becomes a resource follows
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpinpoint.html.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

from botocore.loaders import Loader

from embedded.server import ACCOUNT

# What lies below one of these is the same resource to IAM, however deep the path goes on.
_ITEMS: Final = frozenset({"campaigns", "segments", "journeys", "endpoints", "users"})
# Making or listing these is an act on the application itself.
_APPLICATION_LEVEL: Final = frozenset(
    {("campaigns",), ("segments",), ("endpoints",), ("settings",), ("jobs", "import"), ("jobs", "export")}
)


@dataclass(frozen=True)
class Request:
    """A request as IAM sees it.

    Attributes:
        action: Such as `mobiletargeting:GetEndpoint`.
        resource: An ARN.
    """

    action: str
    resource: str


@dataclass(frozen=True)
class _Template:
    operation: str
    method: str
    segments: tuple[str, ...]


def identify(method: str, path: str, region: str) -> Request | None:
    """The action and the resource of a request, or None when the API has no such path.

    Args:
        path: Percent-encoded, so that an id may hold `/`.
        region: Of the client's signature.
    """
    segments = tuple(path.strip("/").split("/"))
    matching = [
        template
        for template in _templates()
        if template.method == method and _matches(template.segments, segments)
    ]
    if not matching:
        return None
    # A literal wins over an id: `segments/import` is never a segment called so.
    template = min(matching, key=lambda candidate: sum(part[0] == "{" for part in candidate.segments))
    values = tuple(unquote(segment) for segment in segments)
    return Request(
        action=f"mobiletargeting:{template.operation}",
        resource=_resource_arn(template.segments, values, region),
    )


@cache
def _templates() -> tuple[_Template, ...]:
    model: dict[str, Any] = Loader().load_service_model("pinpoint", "service-2")
    return tuple(
        _Template(
            operation=name,
            method=operation["http"]["method"],
            segments=tuple(operation["http"]["requestUri"].strip("/").split("/")),
        )
        for name, operation in model["operations"].items()
    )


def _matches(template: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return len(template) == len(segments) and all(
        part == segment or (part.startswith("{") and segment != "")
        for part, segment in zip(template, segments, strict=True)
    )


def _resource_arn(template: tuple[str, ...], values: tuple[str, ...], region: str) -> str:
    # Every path starts with the API's version.
    parts = values[1:]
    match template[1:]:
        case ("tags", _):
            return parts[1]
        case ("templates", _, _, *_):
            relative = f"templates/{parts[1]}/{parts[2].upper()}"
        case ("apps", _, _, *_):
            relative = "/".join([*parts[:2], *_below_application(parts[2:])])
        case _:
            relative = "/".join(parts)
    return f"arn:aws:mobiletargeting:{region}:{ACCOUNT}:{relative}"


def _below_application(rest: tuple[str, ...]) -> tuple[str, ...]:
    if rest in _APPLICATION_LEVEL:
        return ()
    return rest[:2] if set(rest[:1]) <= _ITEMS else rest
