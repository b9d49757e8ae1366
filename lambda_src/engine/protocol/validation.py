"""A value checked against a shape of the model, before any operation sees it."""

import base64
import binascii
import math
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

from engine.errors import BadRequest
from engine.protocol.model import Model

_SHOWN: Final = 40
_WHOLE: Final = re.compile(r"-?[0-9]{1,20}")
_LARGEST: Final = {"integer": 2**31 - 1, "long": 2**63 - 1}
_LARGEST_DOUBLE: Final = sys.float_info.max


def check(model: Model, shape_name: str, value: Any, path: str) -> Any:
    """The value as the shape has it: members that the shape does not know, and nulls, are left out.

    Args:
        model: The service model.
        shape_name: The shape that the value must have.
        value: Parsed JSON.
        path: How messages name the value.

    Raises:
        BadRequest: A required member is missing, a value has the wrong type or is not among an
            enumeration's values; the message names the member and the value.
    """
    shape = model.shape(shape_name)
    match shape["type"]:
        case "structure":
            return _structure(model, shape, value, path)
        case "map":
            _expect(value, Mapping, "an object", path)
            inner = shape["value"]["shape"]
            return {
                key: check(model, inner, each, f"{path}.{key}")
                for key, each in value.items()
                if each is not None
            }
        case "list":
            _expect(value, list, "a list", path)
            inner = shape["member"]["shape"]
            return [check(model, inner, each, f"{path}[{i}]") for i, each in enumerate(value)]
        case "string" | "timestamp":
            _expect(value, str, "a string", path)
            _enumeration(shape, value, path)
        case "blob":
            _blob(value, path)
        case kind:
            _scalar(kind, value, path)
    return value


def from_text(model: Model, shape_name: str, text: str, path: str) -> Any:
    """A value of a path or a query, which are text, as the shape has it.

    Raises:
        BadRequest: The text is no such value.
    """
    match model.shape(shape_name)["type"]:
        case "boolean":
            if text.lower() not in ("true", "false"):
                raise BadRequest(f"{path} must be true or false, got {_show(text)}")
            return text.lower() == "true"
        case "integer" | "long":
            if not _WHOLE.fullmatch(text):
                raise BadRequest(f"{path} must be a whole number, got {_show(text)}")
            return check(model, shape_name, int(text), path)
        case _:
            return check(model, shape_name, text, path)


def _structure(model: Model, shape: Mapping[str, Any], value: Any, path: str) -> dict[str, Any]:
    _expect(value, Mapping, "an object", path)
    for name in shape.get("required", ()):
        if value.get(name) is None:
            raise BadRequest(f"{path}.{name} is required")
    checked: dict[str, Any] = {}
    for name, member in shape["members"].items():
        wire_name = member.get("locationName", name)
        if value.get(wire_name) is not None:
            checked[name] = check(model, member["shape"], value[wire_name], f"{path}.{name}")
    return checked


def _enumeration(shape: Mapping[str, Any], value: str, path: str) -> None:
    allowed = shape.get("enum")
    if allowed is not None and value not in allowed:
        raise BadRequest(f"{path} must be one of {', '.join(allowed)}, got {_show(value)}")
    if not shape.get("min", 0) <= len(value) <= shape.get("max", math.inf):
        raise BadRequest(
            f"{path} must have {shape.get('min', 0)} to {shape.get('max', 'any number of')} characters, "
            f"got {len(value)}"
        )


def _scalar(kind: str, value: Any, path: str) -> None:
    if kind == "boolean":
        _expect(value, bool, "true or false", path)
    elif kind == "double":
        _expect(value, int | float, "a number", path)
        # JSON's 1e999 is read as infinity, which no answer could hold.
        if isinstance(value, bool) or not abs(value) <= _LARGEST_DOUBLE:
            raise BadRequest(f"{path} must be a number, got {_show(value)}")
    else:
        _expect(value, int, "a whole number", path)
        largest = _LARGEST[kind]
        if isinstance(value, bool) or not -largest - 1 <= value <= largest:
            raise BadRequest(f"{path} must be a whole number of at most {largest}, got {_show(value)}")


def _blob(value: Any, path: str) -> None:
    _expect(value, str, "a base64 string", path)
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        raise BadRequest(f"{path} must be a base64 string") from None


def _expect(value: Any, kind: Any, words: str, path: str) -> None:
    if not isinstance(value, kind):
        raise BadRequest(f"{path} must be {words}, got {_show(value)}")


def _show(value: Any) -> str:
    """A wrong value in a message: scalars as they are, cut; the inside of objects and lists not at all."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
