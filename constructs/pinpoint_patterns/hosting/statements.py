"""Change 2: what a policy allows or denies of Pinpoint, said again of the engine's API.

See https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples-for-api-execution.html
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from pinpoint_patterns._engine_names import API_STAGE
from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.intrinsics import Intrinsics, as_list
from pinpoint_patterns.hosting.paths import compressed, invocations, routes
from pinpoint_patterns.hosting.resources import ANY, reach, resource_text

_SERVICE: Final = "mobiletargeting"
INVOKE: Final = "execute-api:Invoke"
# Keys whose value is about who calls, and when: the same whichever service is asked. Others are about
# the resource or the way to it, and differ.
_SAME_FOR_EVERY_SERVICE: Final = (
    "aws:currenttime",
    "aws:epochtime",
    "aws:multifactorauth",
    "aws:principal",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:sourceip",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
    "aws:username",
)


@dataclass(frozen=True)
class Place:
    """Where a policy is: what its stack calls the engine's API, and which functions are applications.

    Attributes:
        api_id: The API's id, as the template has it.
        application_id: Gives an application's id for a function that yields its ARN; None for any other.
    """

    api_id: Any
    application_id: Callable[[Any], Any]


def translated(statement: Mapping[str, Any], place: Place) -> dict[str, Any] | None:
    """The statement of the engine's API that says the same; None if this one says nothing of Pinpoint.

    Args:
        statement: As a template has it.
        place: Where it is.

    Raises:
        NotTranslatable: No statement says exactly the same.
    """
    if "NotAction" in statement:
        _check_not_action(statement)
        return None
    actions = [action for action in as_list(statement.get("Action")) if isinstance(action, str)]
    if not any(_names_pinpoint(action) for action in actions):
        _check_everything(statement, actions, place)
        return None
    if "NotResource" in statement:
        raise NotTranslatable(
            "a statement on Pinpoint's actions uses NotResource", "list the resources that it is about"
        )
    if statement.get("Resource") is None:
        raise NotTranslatable("a statement on Pinpoint's actions names no resource", "name one")
    _check_conditions(statement.get("Condition") or {})
    resources = _api_resources(_operations(actions), statement, place)
    if not resources:
        return None
    result: dict[str, Any] = {"Effect": statement["Effect"], "Action": INVOKE, "Resource": resources}
    if statement.get("Condition"):
        result["Condition"] = statement["Condition"]
    return result


def names_pinpoint(statement: Mapping[str, Any]) -> bool:
    """Whether a statement lets somebody call Pinpoint by name."""
    return statement.get("Effect") == "Allow" and any(
        isinstance(action, str) and _names_pinpoint(action) for action in as_list(statement.get("Action"))
    )


def _names_pinpoint(action: str) -> bool:
    service = action.partition(":")[0].lower()
    return service != ANY and fnmatchcase(_SERVICE, service)


def _operations(actions: list[str]) -> list[str]:
    wanted = [action.partition(":")[2].lower() for action in actions if _names_pinpoint(action)]
    return [name for name in routes() if any(fnmatchcase(name.lower(), pattern) for pattern in wanted)]


def _api_resources(operations: list[str], statement: Mapping[str, Any], place: Place) -> list[Any]:
    intrinsics = Intrinsics()
    granted: dict[str, list[str]] = defaultdict(list)
    whole: dict[str, set[str]] = defaultdict(set)
    for value in as_list(statement["Resource"]):
        resource = resource_text(intrinsics, intrinsics.text(value), place.application_id)
        if resource == ANY and len(operations) == len(routes()):
            return [_arn(intrinsics, place, "*/v1/*")]
        for name in operations:
            found = reach(name, resource) if resource else None
            if found is None:
                continue
            granted[name] += invocations(name, found, resource)
            if not found.names:
                whole[found.application].add(name)
    patterns = compressed(granted, {application: frozenset(names) for application, names in whole.items()})
    return [_arn(intrinsics, place, pattern) for pattern in patterns]


def _arn(intrinsics: Intrinsics, place: Place, pattern: str) -> Any:
    partition, region, account = (
        intrinsics.character({"Ref": f"AWS::{name}"}) for name in ("Partition", "Region", "AccountId")
    )
    api = intrinsics.text(place.api_id)
    return intrinsics.value(f"arn:{partition}:execute-api:{region}:{account}:{api}/{API_STAGE}/{pattern}")


def _check_conditions(conditions: Mapping[str, Any]) -> None:
    for keys in conditions.values():
        for key in keys:
            if not key.lower().startswith(_SAME_FOR_EVERY_SERVICE):
                raise NotTranslatable(
                    f"the condition key {key} on Pinpoint's actions means nothing to the engine's API",
                    "move it to a statement without Pinpoint's actions, or drop it",
                )


def _check_not_action(statement: Mapping[str, Any]) -> None:
    """NotAction is the same for the engine if it leaves out neither Pinpoint nor its API."""
    patterns = [pattern.lower() for pattern in as_list(statement["NotAction"]) if isinstance(pattern, str)]
    about_pinpoint = any(_names_pinpoint(pattern) for pattern in patterns)
    about_api = any(fnmatchcase(INVOKE.lower(), pattern) for pattern in patterns)
    if about_pinpoint or about_api:
        raise NotTranslatable(
            "NotAction treats Pinpoint and the engine's API (execute-api:Invoke) differently",
            "list Pinpoint's actions in a statement with Action",
        )


def _check_everything(statement: Mapping[str, Any], actions: list[str], place: Place) -> None:
    """`Action: *` reaches the engine's API as well, unless its resources are Pinpoint's own."""
    if ANY not in actions:
        return
    intrinsics = Intrinsics()
    for value in as_list(statement.get("Resource")):
        text = intrinsics.text(value)
        if f":{_SERVICE}:" in text or place.application_id(intrinsics.of(text[:1] or " ")) is not None:
            raise NotTranslatable(
                "a statement has every action on a resource of Pinpoint's",
                "name the actions: `mobiletargeting:*`",
            )
