"""Properties of a template as the API's members: renamed, and typed as the service model has them.

CloudFormation turns every scalar of a custom resource into a string, and calls some members by other
names than the API does. Properties that the API does not know fail by name: nothing else checks them.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from engine.errors import BadRequest
from engine.protocol.model import Model
from engine.protocol.validation import check

_TRUTHS: Final = {"true": True, "false": False}


def request_body(
    model: Model,
    shape: str,
    properties: Mapping[str, Any],
    *,
    renamed: Mapping[str, str] | None = None,
    outside: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The payload of an operation from a resource's properties.

    Args:
        model: The service model.
        shape: The payload's shape, such as `WriteCampaignRequest`.
        properties: As CloudFormation hands them over.
        renamed: The API's name of a property where they differ, such as `CampaignHook` and `Hook`.
        outside: Properties that are not part of the payload, such as `ApplicationId`.

    Raises:
        BadRequest: A property is not known, is missing, or is no such value; the message names it.
    """
    names = {"Tags": "tags", **(renamed or {})}
    payload = {names.get(name, name): value for name, value in properties.items() if name not in outside}
    if "tags" in payload:
        payload["tags"] = tags(payload["tags"])
    coerced = _coerce(model, shape, payload, shape)
    checked: dict[str, Any] = check(model, shape, coerced, shape)
    return checked


def tags(value: Any) -> dict[str, str]:
    """Tags, which templates write as a map or as a list of keys and values.

    Raises:
        BadRequest: They are neither.
    """
    if isinstance(value, Mapping):
        return {str(key): str(each) for key, each in value.items()}
    if isinstance(value, list) and all(isinstance(each, Mapping) and "Key" in each for each in value):
        return {str(each["Key"]): str(each.get("Value", "")) for each in value}
    raise BadRequest("Tags must be a map, or a list of Key and Value")


def _coerce(model: Model, shape_name: str, value: Any, path: str) -> Any:
    shape = model.shape(shape_name)
    match shape["type"]:
        case "structure" if isinstance(value, Mapping):
            return _structure(model, shape, value, path)
        case "map" if isinstance(value, Mapping):
            inner = shape["value"]["shape"]
            return {key: _coerce(model, inner, each, f"{path}.{key}") for key, each in value.items()}
        case "list" if isinstance(value, list):
            inner = shape["member"]["shape"]
            return [_coerce(model, inner, each, f"{path}[{i}]") for i, each in enumerate(value)]
        case "boolean" if isinstance(value, str):
            return _TRUTHS.get(value.lower(), value)
        case "integer" | "long" if isinstance(value, str):
            return _number(int, value)
        case "double" if isinstance(value, str):
            return _number(float, value)
        case "string" if isinstance(value, bool):
            return str(value).lower()
        case "string" if isinstance(value, int | float):
            return str(value)
        case "string" if isinstance(value, Mapping | list):
            # Some properties are JSON to CloudFormation and a string of JSON to the API.
            return json.dumps(value)
        case _:
            # Whatever is wrong with it, the check that follows says so.
            return value


def _structure(model: Model, shape: Mapping[str, Any], value: Mapping[str, Any], path: str) -> dict[str, Any]:
    # `TimeZone` is the API's `Timezone`: they differ in letters only.
    members = {name.lower(): name for name in shape["members"]}
    coerced: dict[str, Any] = {}
    for given, each in value.items():
        name = members.get(given.lower())
        if name is None:
            raise BadRequest(f"{path} has no member {given!r}: it has {', '.join(sorted(members.values()))}")
        member = shape["members"][name]
        wire_name = member.get("locationName", name)
        coerced[wire_name] = _coerce(model, member["shape"], each, f"{path}.{given}")
    return coerced


def _number(kind: type[int] | type[float], text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        return text
