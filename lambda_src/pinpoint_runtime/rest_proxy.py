"""A request as API Gateway's REST proxy gives it, and the answer it takes.

See https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HttpRequest:
    """What a function reads of a proxy event.

    Attributes:
        method: As sent.
        path: As the client encoded it, without the stage.
        query: The values of each parameter.
        body: The bytes.
        request_id: API Gateway's.
        headers: By name in lower case.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    body: bytes
    request_id: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def from_event(event: Mapping[str, Any]) -> HttpRequest:
    """The request in a proxy event."""
    body = event.get("body") or ""
    headers: Mapping[str, str] = event.get("headers") or {}
    return HttpRequest(
        method=event["httpMethod"],
        path=event["path"],
        query=event.get("multiValueQueryStringParameters")
        or {name: [value] for name, value in (event.get("queryStringParameters") or {}).items()},
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        request_id=event.get("requestContext", {}).get("requestId", ""),
        headers={name.lower(): value for name, value in headers.items()},
    )


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An answer as API Gateway takes it; `body` None makes an empty one."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": "" if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False),
    }
