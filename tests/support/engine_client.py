"""A real boto3 Pinpoint client that talks to the engine's API in this process.

Requests are answered before they would be sent, as API Gateway's REST proxy would have handed them
over; every answer is held against the service model's output shape.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from engine.api.dispatch import respond
from engine.context import Context
from pinpoint_runtime.rest_proxy import from_event
from tests.support.answers import hold_all
from tests.support.engine_world import SESSION


def pinpoint_client(context: Context) -> Any:
    """A client of the engine in this process."""
    client = SESSION.client("pinpoint", config=Config(retries={"total_max_attempts": 1}))

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        event = proxy_event(request)
        result = respond(context, from_event(event))
        return AWSResponse(
            request.url, result["statusCode"], result["headers"], _Raw(result["body"].encode())
        )

    # First: moto answers Pinpoint too.
    client.meta.events.register_first("before-send.pinpoint", answer)
    return hold_all(client)


def proxy_event(request: AWSPreparedRequest) -> dict[str, Any]:
    """The request as a REST API hands it over: the path as it was encoded, the query decoded."""
    url = urlsplit(request.url)
    body = request.body or b""
    query = parse_qs(url.query, keep_blank_values=True)
    return {
        "httpMethod": request.method,
        "path": url.path,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "headers": dict(request.headers),
        "body": (body if isinstance(body, str) else body.decode()) or None,
        "isBase64Encoded": False,
        "requestContext": {"requestId": "request-1"},
    }


class _Raw:
    """What botocore reads a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body
