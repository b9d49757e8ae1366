"""The path of a request as the client encoded it, for services that route on it.

ministack hands its services the decoded path, in which `a%2Fb` and `a/b` are the same. A REST API on AWS
passes the path on as it came, and so does the embedded AWS.
"""

import contextvars
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from embedded import ministack_names
from embedded.server import Server

_Asgi = Callable[[Any, Any, Any], Awaitable[None]]

_APP: Final = "ministack.app.app"
_REST_EVENT: Final = "ministack.services.apigateway_v1._build_lambda_event_v1"
_RAW_PATH: Final[contextvars.ContextVar[str]] = contextvars.ContextVar("embedded_raw_path", default="")


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Remember each request's path, and give it to the functions behind REST APIs."""
    ministack_names.replace(_APP, _remembering(ministack_names.find(_APP)))
    ministack_names.replace(_REST_EVENT, _encoded(ministack_names.find(_REST_EVENT)))


def raw_path() -> str:
    """The path of the request at hand, percent-encoded as it came, without its query."""
    return _RAW_PATH.get()


def encoded_tail(raw: str, decoded: str) -> str:
    """The end of an encoded path that means a decoded path.

    Args:
        raw: A whole path, percent-encoded.
        decoded: The end of the same path, decoded: what comes after an API's id and stage.

    Returns:
        That end as it was encoded, or `decoded` when it is not the end of the path.
    """
    rest = raw
    while rest.startswith("/"):
        if unquote(rest) == decoded:
            return rest
        rest = rest[1:].partition("/")[1] + rest[1:].partition("/")[2]
    return decoded


def _remembering(app: _Asgi) -> _Asgi:
    async def remember(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        raw = scope.get("raw_path", b"") if scope["type"] == "http" else b""
        token = _RAW_PATH.set(raw.decode("latin-1").partition("?")[0])
        try:
            await app(scope, receive, send)
        finally:
            _RAW_PATH.reset(token)

    return remember


def _encoded(build: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def build_event(*arguments: Any, **options: Any) -> dict[str, Any]:
        event = build(*arguments, **options)
        stage: str = event["requestContext"]["stage"]
        event["path"] = encoded_tail(raw_path(), event["path"])
        event["requestContext"]["path"] = f"/{stage}{event['path']}"
        return event

    return build_event
