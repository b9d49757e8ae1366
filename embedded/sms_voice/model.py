"""Botocore's service model of AWS End User Messaging SMS: what a request may say, and an answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from botocore.loaders import Loader

from embedded.sms_voice.errors import Fault, Invalid

SERVICE: Final = "pinpoint-sms-voice-v2"
_Raw = Mapping[str, Any]
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float),
}


@cache
def _raw() -> _Raw:
    model: dict[str, Any] = Loader().load_service_model(SERVICE, "service-2")
    return model


def operations() -> frozenset[str]:
    """The names of all operations of the model, served or not."""
    return frozenset(_raw()["operations"])


def check(operation: str, request: Any) -> dict[str, Any]:
    """The members of a request that the model knows.

    Raises:
        Invalid: A member is missing, of the wrong type, or not within the model's limits.
    """
    shape = _raw()["operations"][operation]["input"]["shape"]
    faults = tuple(_faults(shape, request, ""))
    if faults:
        listed = "; ".join(f"{fault.name}: {fault.message}" for fault in faults)
        missing = any(fault.message == _REQUIRED for fault in faults)
        raise Invalid("MISSING_PARAMETER" if missing else "FIELD_VALIDATION_FAILED", listed, faults)
    known: dict[str, Any] = _known(shape, request)
    return known


def answer(operation: str, facts: dict[str, Any]) -> dict[str, Any]:
    """What of the facts the operation's output has room for; absent ones are left out."""
    shape = _raw()["operations"][operation]["output"]["shape"]
    known: dict[str, Any] = _known(shape, facts)
    return known


_REQUIRED: Final = "Member must not be null"


def _shape(name: str) -> _Raw:
    shape: _Raw = _raw()["shapes"][name]
    return shape


def _known(shape_name: str, value: Any) -> Any:
    shape = _shape(shape_name)
    match shape["type"]:
        case "structure":
            return {
                name: _known(member["shape"], value[name])
                for name, member in shape["members"].items()
                if value.get(name) is not None
            }
        case "list":
            return [_known(shape["member"]["shape"], each) for each in value]
        case "map":
            return {key: _known(shape["value"]["shape"], each) for key, each in value.items()}
        case _:
            return value


def _faults(shape_name: str, value: Any, path: str) -> Iterator[Fault]:
    shape = _shape(shape_name)
    kind = shape["type"]
    if not _is_a(kind, value):
        yield Fault(path or "request", f"Member must be of type {kind}")
        return
    yield from (Fault(path, message) for message in _limits(shape, kind, value))
    match kind:
        case "structure":
            yield from _structure_faults(shape, value, path)
        case "list":
            for index, each in enumerate(value):
                yield from _faults(shape["member"]["shape"], each, f"{path}[{index}]")
        case "map":
            for key, each in value.items():
                yield from _faults(shape["key"]["shape"], key, f"{path}.{key}")
                yield from _faults(shape["value"]["shape"], each, f"{path}.{key}")
        case _:
            pass


def _is_a(kind: str, value: Any) -> bool:
    # In Python a truth value is a number; in JSON it is not.
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _structure_faults(shape: _Raw, value: Mapping[str, Any], path: str) -> Iterator[Fault]:
    prefix = f"{path}." if path else ""
    for name in shape.get("required", ()):
        if value.get(name) is None:
            yield Fault(prefix + name, _REQUIRED)
    for name, member in shape["members"].items():
        if value.get(name) is not None:
            yield from _faults(member["shape"], value[name], prefix + name)


def _limits(shape: _Raw, kind: str, value: Any) -> Iterator[str]:
    if kind in ("integer", "long", "double", "float"):
        yield from _range(shape, value, "value")
    elif kind in ("string", "list", "map"):
        yield from _range(shape, len(value), "length")
    if kind == "string":
        allowed: Sequence[str] = shape.get("enum", ())
        if allowed and value not in allowed:
            yield f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        pattern = shape.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            yield f"Member must satisfy regular expression pattern: {pattern}"


def _range(shape: _Raw, size: float, what: str) -> Iterator[str]:
    if size < shape.get("min", size):
        yield f"Member must have {what} greater than or equal to {shape['min']}"
    if size > shape.get("max", size):
        yield f"Member must have {what} less than or equal to {shape['max']}"
