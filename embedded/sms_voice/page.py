"""The handsets, at /_ministack/sms-voice/messages."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from embedded.ministack_names import find, replace
from embedded.sms_voice.service import Service

MESSAGES: Final = "/_ministack/sms-voice/messages"
_Answer = tuple[int, dict[str, str], bytes]
_Shortcuts = Callable[..., Awaitable[Any]]
_SHORTCUTS: Final = "ministack.app._handle_post_body_shortcuts"


def install(service: Service) -> None:
    """Serve the page."""
    replace(_SHORTCUTS, _serving(find(_SHORTCUTS), service))


def _serving(shortcuts: _Shortcuts, service: Service) -> _Shortcuts:
    async def serve(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]], *rest: Any
    ) -> Any:
        if (method, path) == ("GET", MESSAGES):
            wanted = {name: values[0] for name, values in query.items()}
            return _json(200, {"messages": _messages(service, wanted)})
        return await shortcuts(method, path, headers, body, query, *rest)

    return serve


def _messages(service: Service, wanted: dict[str, str]) -> list[dict[str, Any]]:
    """Narrowed by `handset`, `from`, `message_id`, `configuration_set` and `received=true`."""
    names = {"from": "From", "message_id": "MessageId", "configuration_set": "ConfigurationSetName"}
    shown = [kept.shown() for kept in service.network.messages(wanted.get("handset", ""))]
    return [
        message
        for message in shown
        if all(message[member] == wanted.get(name, message[member]) for name, member in names.items())
        and (wanted.get("received") != "true" or message["Received"])
    ]


def _json(status: int, body: dict[str, Any]) -> _Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()
