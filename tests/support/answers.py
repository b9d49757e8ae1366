"""Answers of the engine, held against the service model that clients read them with."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel
from botocore.validate import ParamValidator


def hold_answer(operation: OperationModel, status: int, text: str | bytes) -> None:
    """Fail unless a successful answer is what the model says of its operation."""
    body: Any = json.loads(text) if text else None
    assert status == operation.http.get("responseCode", 200)
    if operation.output_shape is None:
        assert body is None
        return
    shape = operation.output_shape.members[operation.output_shape.serialization["payload"]]
    report = ParamValidator().validate(body, shape)
    assert not report.has_errors(), report.generate_report()
    _hold_enumerations(shape, body, operation.name)


def hold_refusal(headers: Mapping[str, str], text: str | bytes) -> None:
    """Fail unless an answer has what every error of the service has."""
    assert set(json.loads(text)) == {"Message", "RequestID"}
    assert headers["x-amzn-errortype"].endswith("Exception")


def hold_all(client: Any) -> Any:
    """A client whose every answer is held against the model before it is parsed."""

    def hold(operation_model: OperationModel, response_dict: Mapping[str, Any], **_: Any) -> None:
        status, body = response_dict["status_code"], response_dict["body"]
        if status < 300:
            hold_answer(operation_model, status, body)
        else:
            hold_refusal(response_dict["headers"], body)

    client.meta.events.register("before-parse.pinpoint", hold)
    return client


def _hold_enumerations(shape: Any, value: Any, path: str) -> None:
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                if name in value:
                    _hold_enumerations(member, value[name], f"{path}.{name}")
        case "list":
            for each in value:
                _hold_enumerations(shape.member, each, path)
        case "map":
            for key, each in value.items():
                _hold_enumerations(shape.value, each, f"{path}.{key}")
        case "string":
            assert not shape.enum or value in shape.enum, f"{path} is {value!r}"
