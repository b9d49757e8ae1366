"""The handsets: what they received, and what they are made to send.

GET  /_ministack/sms-voice/messages   all messages; the query narrows them
POST /_ministack/sms-voice/replies    {"from": handset, "to": number, "body": text, "copies": 1, "delay": 0}
PUT  /_ministack/sms-voice/numbers    {"number": number, "status": "PENDING", "rate": 100}
"""

import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from embedded.ministack_names import find
from embedded.ministack_names import replace as put_in_place
from embedded.sms_voice.inbox import NoSuchNumber, Written, receive
from embedded.sms_voice.service import Service

_PREFIX: Final = "/_ministack/sms-voice/"
MESSAGES: Final = f"{_PREFIX}messages"
REPLIES: Final = f"{_PREFIX}replies"
NUMBERS: Final = f"{_PREFIX}numbers"
_SHORTCUTS: Final = "ministack.app._handle_post_body_shortcuts"
_MOST_COPIES: Final = 10
_E164: Final = re.compile(r"\+[1-9][0-9]{1,18}")
_STATUSES: Final = ("ACTIVE", "PENDING", "ASSOCIATING", "DISASSOCIATING")
_FILTERS: Final = {"from": "From", "message_id": "MessageId", "configuration_set": "ConfigurationSetName"}
_Answer = tuple[int, dict[str, str], bytes]
_Shortcuts = Callable[..., Awaitable[Any]]


def install(service: Service) -> None:
    """Serve the page."""
    put_in_place(_SHORTCUTS, _serving(find(_SHORTCUTS), service))


def _serving(shortcuts: _Shortcuts, service: Service) -> _Shortcuts:
    async def serve(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]], *rest: Any
    ) -> Any:
        if not path.startswith(_PREFIX):
            return await shortcuts(method, path, headers, body, query, *rest)
        try:
            return _json(200, _answer(service, method, path, body, query))
        except NoSuchNumber as error:
            return _json(404, {"Message": str(error)})
        except ValueError as error:
            return _json(400, {"Message": str(error)})

    return serve


def _answer(
    service: Service, method: str, path: str, body: bytes, query: dict[str, list[str]]
) -> dict[str, Any]:
    asked = (method, path)
    if asked == ("GET", MESSAGES):
        return {"messages": _messages(service, {name: values[0] for name, values in query.items()})}
    if asked == ("POST", REPLIES):
        return receive(service, _written(_object(body)))
    if asked == ("PUT", NUMBERS):
        return _change(service, _object(body))
    raise ValueError(f"{method} {path}: there are GET {MESSAGES}, POST {REPLIES} and PUT {NUMBERS}")


def _messages(service: Service, wanted: dict[str, str]) -> list[dict[str, Any]]:
    """Narrowed by `handset`, `from`, `message_id`, `configuration_set` and `received=true`."""
    shown = [kept.shown() for kept in service.network.messages(wanted.get("handset", ""))]
    return [
        message
        for message in shown
        if all(message[member] == wanted.get(name, message[member]) for name, member in _FILTERS.items())
        and (wanted.get("received") != "true" or message["Received"])
    ]


def _written(given: dict[str, Any]) -> Written:
    handset, body = str(given.get("from", "")), str(given.get("body", ""))
    if not _E164.fullmatch(handset) or not body.strip():
        raise ValueError("A reply has 'from', a number with its plus, and 'body', which is not empty")
    copies, delay = _number(given, "copies", 1), _number(given, "delay", 0)
    if copies not in range(1, _MOST_COPIES + 1):
        raise ValueError(f"'copies' must be a whole number from 1 to {_MOST_COPIES}, got {copies:g}")
    return Written(handset, body, to=str(given.get("to", "")), copies=int(copies), delay=delay)


def _change(service: Service, given: dict[str, Any]) -> dict[str, Any]:
    """What on AWS a carrier or support decides: a number's status and its message parts a second."""
    for account in service.accounts():
        for number in account.numbers.values():
            if given.get("number") in (number.number, number.id):
                status = given.get("status", number.status)
                if status not in _STATUSES:
                    raise ValueError(f"'status' must be one of {', '.join(_STATUSES)}, got {status!r}")
                changed = replace(number, status=status, rate=_number(given, "rate", number.rate))
                account.numbers[number.id] = changed
                return {"PhoneNumberId": changed.id, "Status": changed.status, "Rate": changed.rate}
    raise NoSuchNumber(f"{given.get('number')} is not a number of this account")


def _number(given: dict[str, Any], name: str, default: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{name!r} must be a number that is not negative, got {value!r}")
    return value


def _object(body: bytes) -> dict[str, Any]:
    parsed = json.loads(body or b"{}")
    if not isinstance(parsed, dict):
        raise ValueError("The body must be a JSON object")
    given: dict[str, Any] = parsed
    return given


def _json(status: int, body: dict[str, Any]) -> _Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()
