"""Pinpoint's API: a request is authorised as AWS authorises it, then answered by the deployed engine."""

import json
import uuid
from typing import Any, Final

from embedded import ministack_names, payload_limit
from embedded.pinpoint import engine
from embedded.pinpoint.operations import identify
from embedded.pinpoint.proxy_event import proxy_event
from embedded.request_path import raw_path
from embedded.server import Server
from embedded.service_iam.callers import caller_refusal

_Answer = tuple[int, dict[str, Any], bytes]

_SERVICE: Final = "mobiletargeting"
_ROUTER: Final = "ministack.core.router"
_SCOPES: Final = f"{_ROUTER}._KNOWN_AWS_SERVICE_NAMES"


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Serve requests that are signed for `mobiletargeting`."""
    ministack_names.find("ministack.app.SERVICE_HANDLERS")[_SERVICE] = _handle
    # Left empty, the first such request would read every model of botocore to learn the name.
    known = ministack_names.find(_SCOPES) or frozenset()
    ministack_names.replace(_SCOPES, frozenset({*known, _SERVICE}))


async def _handle(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> _Answer:
    del path  # decoded, so that an id with a slash could not be told from two
    region = ministack_names.find(f"{_ROUTER}.extract_region")(headers, query)
    request = identify(method, raw_path(), region)
    if request is not None:
        refusal = caller_refusal(headers, query, request.action, request.resource)
        if refusal is not None:
            return _error(403, refusal.code, refusal.message)
    event = proxy_event(method, raw_path(), headers, body, query)
    if payload_limit.exceeded(event):
        return _error(413, "PayloadTooLargeException", "The request is larger than the service takes.")
    try:
        answer = await engine.call(engine.API, event)
    except engine.NotDeployed as error:
        return _error(503, "ServiceUnavailableException", str(error))
    content = answer.get("body") or ""
    # ministack adds its own request id under the lower-case name.
    given = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
    return int(answer["statusCode"]), given, content.encode()


def _error(status: int, code: str, message: str) -> _Answer:
    request_id = str(uuid.uuid4())
    headers = {"content-type": "application/json", "x-amzn-errortype": code, "x-amzn-requestid": request_id}
    return status, headers, json.dumps({"Message": message, "RequestID": request_id}).encode()
