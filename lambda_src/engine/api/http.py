"""The answers of the Pinpoint API as API Gateway takes them."""

from typing import Any

from engine.errors import PinpointError
from pinpoint_runtime.rest_proxy import json_answer


def answer(status: int, body: Any, request_id: str) -> dict[str, Any]:
    """A success; `body` None makes an empty one."""
    return json_answer(status, body, {"x-amzn-RequestId": request_id})


def error_answer(error: PinpointError, request_id: str) -> dict[str, Any]:
    """A failure in the API's form: the code in a header, `Message` and `RequestID` in the body."""
    response = answer(error.status, {"Message": error.message, "RequestID": request_id}, request_id)
    response["headers"]["x-amzn-errortype"] = error.code
    return response
