"""Lambda's limit on the request of a synchronous call, which ministack does not enforce: 6 MB of JSON.

A REST API answers 413 when the event that it would hand over is larger, and so do the front doors here.
See https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from embedded import ministack_names
from embedded.server import Server

MAXIMUM_BYTES: Final = 6 * 1024 * 1024

_Answer = tuple[int, dict[str, Any], bytes]
_CALL: Final = "ministack.services.apigateway_v1._call_lambda_raw"
_HANDLE: Final = "ministack.services.apigateway_v1._invoke_lambda_proxy_v1"
_TOO_LARGE: Final[_Answer] = (
    413,
    {"Content-Type": "application/json", "x-amzn-ErrorType": "RequestTooLargeException"},
    b'{"message":"Request Too Long"}',
)


class _TooLarge(Exception):
    """The event of a request is over the limit."""


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Let REST APIs refuse what their function could not take."""
    call: Callable[..., Awaitable[Any]] = ministack_names.find(_CALL)
    handle: Callable[..., Awaitable[_Answer]] = ministack_names.find(_HANDLE)

    async def checked_call(function: str, event: dict[str, Any], **options: Any) -> Any:
        if exceeded(event):
            raise _TooLarge
        return await call(function, event, **options)

    async def answering(*arguments: Any, **options: Any) -> _Answer:
        try:
            return await handle(*arguments, **options)
        except _TooLarge:
            return _TOO_LARGE

    ministack_names.replace(_CALL, checked_call)
    ministack_names.replace(_HANDLE, answering)


def exceeded(event: dict[str, Any]) -> bool:
    """Whether an event is larger than Lambda takes."""
    return len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()) > MAXIMUM_BYTES
