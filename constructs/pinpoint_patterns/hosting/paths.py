"""From an operation and how far a statement reaches to the method and path of the engine's API."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from botocore.loaders import Loader

from pinpoint_patterns.hosting.resources import ANY, ENGINE_ID, Reach

_PLACEHOLDER: Final = re.compile(r"\{([^}]+)\}")
# The ids that the engine makes itself; endpoints, users, templates and activities are named by clients.
_ENGINE_IDS: Final = frozenset(
    {"application-id", "campaign-id", "job-id", "journey-id", "recommender-id", "run-id", "segment-id"}
)
_APPLICATION_PATH: Final = "/v1/apps/{application-id}"


@cache
def routes() -> Mapping[str, tuple[str, str]]:
    """Method and path of every operation, from botocore's model of the API."""
    model: dict[str, Any] = Loader().load_service_model("pinpoint", "service-2")
    return {
        name: (entry["http"]["method"], entry["http"]["requestUri"])
        for name, entry in model["operations"].items()
    }


def invocations(operation_name: str, reach: Reach, resource: str) -> list[str]:
    """What an operation is on the API, as the end of an `execute-api` ARN: `GET/v1/apps/...`.

    Args:
        operation_name: Such as `GetEndpoint`.
        reach: How far the statement reaches.
        resource: The policy's resource, for operations that carry one in their path.
    """
    method, path = routes()[operation_name]
    if path == "/v1/tags/{resource-arn}":
        return [f"{method}/v1/tags/{_tagged(resource)}"]
    names = iter(reach.names)
    patterns = [""]
    for part in path.split("/")[1:]:
        match = _PLACEHOLDER.fullmatch(part)
        if match is None:
            choices: Sequence[str] = [part]
        elif match[1] == "application-id":
            choices = [reach.application]
        else:
            name = next(names, ANY)
            choices = _choices(match[1], name)
        patterns = [f"{pattern}/{choice}" for pattern in patterns for choice in choices]
    return [method + pattern for pattern in patterns]


def compressed(granted: Mapping[str, Iterable[str]], applications: Mapping[str, frozenset[str]]) -> list[str]:
    """The patterns of operations, with all of an application said in two where all of it is granted.

    Args:
        granted: Patterns by operation.
        applications: For each application id, the operations that are granted on it wholly.
    """
    whole = {
        application
        for application, operations in applications.items()
        if operations >= _below_an_application()
    }
    patterns = {
        pattern
        for operation_name, found in granted.items()
        for pattern in found
        if not any(_is_below(pattern, application) for application in whole)
    }
    for application in whole:
        patterns |= {f"*/v1/apps/{application}", f"*/v1/apps/{application}/*"}
    return sorted(patterns)


@cache
def _below_an_application() -> frozenset[str]:
    return frozenset(name for name, (_, path) in routes().items() if path.startswith(_APPLICATION_PATH))


def _is_below(pattern: str, application: str) -> bool:
    path = pattern.partition("/")[2]
    return path == f"v1/apps/{application}" or path.startswith(f"v1/apps/{application}/")


def _choices(placeholder: str, name: str) -> Sequence[str]:
    if placeholder == "template-type" and name != ANY:
        # ARNs write the type in capitals, clients write it either way.
        return sorted({name.upper(), name.lower()})
    if name == ANY and placeholder in _ENGINE_IDS:
        return [ENGINE_ID]
    return [name]


def _tagged(resource: str) -> str:
    """An ARN inside a path, whether or not its colons and slashes are encoded there."""
    if resource == ANY:
        return ANY
    return "arn*mobiletargeting*" + resource.replace("/", ANY)
