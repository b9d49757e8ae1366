"""The API: a request is checked against the model, authorised as AWS authorises it, and answered."""

import json
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from embedded.ministack_names import find, replace
from embedded.service_iam.callers import caller_refusal
from embedded.sms_voice import model
from embedded.sms_voice.authority import SERVICE, Question, questions
from embedded.sms_voice.errors import Invalid, NotServed, Refused, ServiceError
from embedded.sms_voice.service import OPERATIONS, SENDS, Service

_Answer = tuple[int, dict[str, Any], bytes]
_Handler = Callable[..., Awaitable[_Answer]]
_ROUTER: Final = "ministack.core.router"
_SCOPES: Final = f"{_ROUTER}._KNOWN_AWS_SERVICE_NAMES"
_TARGET_PREFIX: Final = "PinpointSMSVoiceV2."


def install(service: Service) -> None:
    """Serve requests that are signed for `sms-voice`."""
    find("ministack.app.SERVICE_HANDLERS")[SERVICE] = _handler(service)
    # Left empty, the first such request would read every model of botocore to learn the name.
    replace(_SCOPES, frozenset({*(find(_SCOPES) or frozenset()), SERVICE}))


def _handler(service: Service) -> _Handler:
    async def handle(
        method: str,  # noqa: ARG001  (the signature of ministack)
        path: str,  # noqa: ARG001
        headers: dict[str, str],
        body: bytes,
        query: dict[str, list[str]],
    ) -> _Answer:
        try:
            region: str = find(f"{_ROUTER}.extract_region")(headers, query)
            operation = headers.get("x-amz-target", "").removeprefix(_TARGET_PREFIX)
            request = _read(operation, body)
            _authorise(questions(operation, request, service.account(region)), headers, query)
            return _answer(200, service.call(operation, request, region))
        except ServiceError as error:
            return _answer(error.status, error.body())

    return handle


def _read(operation: str, body: bytes) -> dict[str, Any]:
    if operation not in model.operations():
        raise Invalid("UNKNOWN_OPERATION", f"The service has no operation {operation or '(none named)'}")
    if operation not in OPERATIONS and operation not in SENDS:
        raise NotServed(operation)
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        raise Invalid("CANNOT_PARSE", "The body must be a JSON object in UTF-8") from None
    return model.check(operation, parsed)


def _authorise(asked: Iterable[Question], headers: dict[str, str], query: dict[str, list[str]]) -> None:
    for question in asked:
        refusal = caller_refusal(headers, query, question.action, question.resource, keys=question.keys)
        if refusal is not None:
            raise Refused(refusal.code, refusal.message)


def _answer(status: int, body: dict[str, Any]) -> _Answer:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": str(uuid.uuid4())}
    return status, headers, json.dumps(body).encode()
