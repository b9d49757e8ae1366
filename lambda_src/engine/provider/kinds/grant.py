"""`Custom::PinpointGrant`: the source conditions of a function's permission, for the engine to hold."""

from typing import Any

from engine.errors import BadRequest
from engine.grants import Grant, function_name, grant_key, put_grant
from engine.provider.lifecycle import Call, Kind, Made


def _create(call: Call) -> Made:
    return _put(call, call.first_id)


def _update(call: Call) -> Made:
    name, _, grant_id = call.event.physical_id.partition("|")
    moved = name != function_name(call.text("FunctionArn"))
    return _put(call, call.first_id if moved else grant_id)


def _delete(call: Call) -> None:
    name, _, grant_id = call.event.physical_id.partition("|")
    call.context.store.delete(grant_key(name, grant_id))


def _put(call: Call, grant_id: str) -> Made:
    function = call.text("FunctionArn")
    grant = Grant(
        function,
        _source_arns(call.event.properties.get("SourceArn")),
        str(call.event.properties.get("SourceAccount", "")),
    )
    put_grant(call.context.store, grant_id, grant)
    return Made(f"{function_name(function)}|{grant_id}")


def _source_arns(value: Any) -> tuple[str, ...]:
    if value in (None, ""):
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    raise BadRequest("SourceArn must be an ARN, or a list of them")


GRANT = Kind(_create, _update, _delete)
