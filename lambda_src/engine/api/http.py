"""A request as API Gateway's REST proxy gives it, and the answer it takes.

See https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import PinpointError


@dataclass(frozen=True)
class HttpRequest:
    """What the protocol reads of a proxy event; the path is as the client encoded it."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    body: bytes
    request_id: str


def from_event(event: Mapping[str, Any]) -> HttpRequest:
    """The request in a proxy event."""
    body = event.get("body") or ""
    return HttpRequest(
        method=event["httpMethod"],
        path=event["path"],
        query=event.get("multiValueQueryStringParameters")
        or {name: [value] for name, value in (event.get("queryStringParameters") or {}).items()},
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        request_id=event.get("requestContext", {}).get("requestId", ""),
    )


def answer(status: int, body: Any, request_id: str) -> dict[str, Any]:
    """A success as API Gateway takes it; `body` None makes an empty one."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "x-amzn-RequestId": request_id},
        "body": "" if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False),
    }


def error_answer(error: PinpointError, request_id: str) -> dict[str, Any]:
    """A failure in the API's form: the code in a header, `Message` and `RequestID` in the body."""
    response = answer(error.status, {"Message": error.message, "RequestID": request_id}, request_id)
    response["headers"]["x-amzn-errortype"] = error.code
    return response
