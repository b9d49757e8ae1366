"""Answers as the model has them: no member leaves that the shape does not know."""

from collections.abc import Mapping
from typing import Any

from engine.protocol.model import Model


def shaped(model: Model, shape_name: str, value: Any) -> Any:
    """The value cut to its shape.

    Args:
        model: The service model.
        shape_name: The shape of the answer's body.
        value: What the operation gave.

    Raises:
        ValueError: A required member is missing: a mistake of the operation, not of the client.
    """
    shape = model.shape(shape_name)
    match shape["type"]:
        case "structure":
            return _structure(model, shape_name, shape, value)
        case "map":
            inner = shape["value"]["shape"]
            return {key: shaped(model, inner, each) for key, each in value.items() if each is not None}
        case "list":
            return [shaped(model, shape["member"]["shape"], each) for each in value]
        case "integer" | "long":
            return int(value)
        case "double":
            return float(value)
        case _:
            return value


def _structure(
    model: Model, shape_name: str, shape: Mapping[str, Any], value: Mapping[str, Any]
) -> dict[str, Any]:
    missing = [name for name in shape.get("required", ()) if value.get(name) is None]
    if missing:
        raise ValueError(f"the answer's {shape_name} lacks {', '.join(missing)}")
    return {
        member.get("locationName", name): shaped(model, member["shape"], value[name])
        for name, member in shape["members"].items()
        if value.get(name) is not None
    }
