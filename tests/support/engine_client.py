"""A real boto3 Pinpoint client that talks to the engine's API in this process.

Requests are answered before they would be sent, as API Gateway's REST proxy would have handed them
over; every answer is held against the service model's output shape.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from engine.api.dispatch import respond
from engine.api.http import from_event
from engine.context import Context
from engine.protocol.router import router
from tests.support.engine_world import SESSION


def pinpoint_client(context: Context) -> Any:
    """A client of the engine in this process."""
    client = SESSION.client("pinpoint", config=Config(retries={"total_max_attempts": 1}))
    model = client.meta.service_model

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        event = proxy_event(request)
        result = respond(context, from_event(event))
        hold_against_model(model, event, result)
        return AWSResponse(
            request.url, result["statusCode"], result["headers"], _Raw(result["body"].encode())
        )

    # First: moto answers Pinpoint too.
    client.meta.events.register_first("before-send.pinpoint", answer)
    return client


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


def hold_against_model(model: ServiceModel, event: dict[str, Any], result: dict[str, Any]) -> None:
    """Fail unless an answer is what the model says of its operation."""
    body: Any = json.loads(result["body"]) if result["body"] else None
    if result["statusCode"] >= 300:
        assert set(body) == {"Message", "RequestID"}
        assert result["headers"]["x-amzn-errortype"].endswith("Exception")
        return
    operation = model.operation_model(router().route(event["httpMethod"], event["path"]).operation)
    assert result["statusCode"] == operation.http.get("responseCode", 200)
    if operation.output_shape is None:
        assert body is None
        return
    shape = operation.output_shape.members[operation.output_shape.serialization["payload"]]
    report = ParamValidator().validate(body, shape)
    assert not report.has_errors(), report.generate_report()
    _hold_enumerations(shape, body, operation.name)


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


class _Raw:
    """What botocore reads a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body
