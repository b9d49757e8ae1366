"""An HTTP request read as an operation's input."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine import choices
from engine.errors import BadRequest, PayloadTooLarge
from engine.protocol.model import Member, Model, Operation
from engine.protocol.router import Route
from engine.protocol.validation import check, from_text

# Lambda's own limit is 6 MB for the whole event, in which the body is a JSON string: quotes and
# control characters take more room there than here.
MAX_BODY_BYTES: Final = 5 * 1024 * 1024
# What is looked up by an id of the path goes into a key of the table, which is longer than the id.
_MAX_ID_BYTES: Final = choices.MAX_ID_BYTES


def read_request(
    model: Model, operation: Operation, route: Route, query: Mapping[str, Sequence[str]], body: bytes
) -> dict[str, Any]:
    """The operation's input members by name, checked.

    Args:
        model: The service model.
        operation: What the path means.
        route: The values in the path.
        query: The query, decoded, every name with all its values.
        body: The body as received.

    Raises:
        BadRequest: The input is not what the model has.
        PayloadTooLarge: The body is over 5 MB.
    """
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"the body must have at most {MAX_BODY_BYTES} bytes, got {len(body)}")
    request: dict[str, Any] = {}
    for member in operation.members:
        value = _read(model, member, route, query, body)
        if value is not None:
            request[member.name] = value
        elif member.required:
            raise BadRequest(f"{member.name} is required")
    return request


def _read(model: Model, member: Member, route: Route, query: Mapping[str, Sequence[str]], body: bytes) -> Any:
    match member.location:
        case "uri":
            value = route.values[member.wire_name]
            if len(value.encode()) > _MAX_ID_BYTES:
                raise BadRequest(f"{member.name} must have at most {_MAX_ID_BYTES} bytes")
            return from_text(model, member.shape, value, member.name)
        case "querystring":
            values = query.get(member.wire_name)
            if not values:
                return None
            if model.shape(member.shape)["type"] == "list":
                return list(values)
            return from_text(model, member.shape, values[-1], member.name)
        case _:
            return check(model, member.shape, _parse(body), member.name)


def _parse(body: bytes) -> Any:
    if not body:
        return {}
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
        if b"\\ud" in body.lower():
            # Half a surrogate pair is a JSON escape and no character: nothing could be made of it later.
            json.dumps(parsed, ensure_ascii=False).encode()
        return parsed
    except (ValueError, RecursionError):
        raise BadRequest("the body must be a JSON object in UTF-8") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
