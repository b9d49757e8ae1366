"""DescribeStacks answers when there is something new to say.

The CDK CLI asks what became of a stack every five seconds, and most stacks are made here in less than one.
A question about one stack in progress therefore waits a little for its end, as a long poll does: each level
of dependent stacks is deployed seconds sooner, and the answer is the same that the next question would get.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from embedded import ministack_names
from embedded.server import Server

_Answer = tuple[int, dict[str, Any], bytes]
_Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[_Answer]]

_SERVICE: Final = "cloudformation"
# Well below the time after which a client gives a request up.
_PATIENCE_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.05


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Let questions about one stack in progress wait for its end."""
    handlers = ministack_names.find("ministack.app.SERVICE_HANDLERS")
    handlers[_SERVICE] = _patient(handlers[_SERVICE])


def asked_stack(body: bytes) -> str | None:
    """The stack that a request asks DescribeStacks about, if it does."""
    parameters = parse_qs(body.decode(errors="replace"))
    if parameters.get("Action") != ["DescribeStacks"]:
        return None
    return parameters.get("StackName", [None])[0]


def _patient(handle: _Handler) -> _Handler:
    async def handle_patiently(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> _Answer:
        name = asked_stack(body)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while name and _is_in_progress(name) and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
        return await handle(method, path, headers, body, query)

    return handle_patiently


def _is_in_progress(name: str) -> bool:
    resolve = ministack_names.find("ministack.services.cloudformation.handlers._resolve_stack")
    stack: Mapping[str, Any] = resolve(name) or {}
    return str(stack.get("StackStatus", "")).endswith("_IN_PROGRESS")
