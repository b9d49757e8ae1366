"""The function for callers with credentials: a user's endpoints, preferences, and links for the user."""

import time
from collections.abc import Mapping
from typing import Any, Final

from patterns.user_endpoints.changes import Wanted
from patterns.user_endpoints.errors import BadInput, PathNotFound
from patterns.user_endpoints.link_keys import CURRENT, LinkKeys
from patterns.user_endpoints.links import Claims, sign, subject_of
from patterns.user_endpoints.preferences import json_object, read_change
from patterns.user_endpoints.serving import Reply, path_between, serve
from patterns.user_endpoints.wiring import changes
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.rest_proxy import HttpRequest
from pinpoint_runtime.settings import text, whole_number

_DIMENSIONS: Final = {"Pattern": "UserEndpoints"}
_CHANGES: Final = changes()
_KEYS: Final = LinkKeys(client("secretsmanager"), text("LINK_SECRET_ARN"), (CURRENT,))
_LONGEST_LIFE: Final = whole_number("LINK_SECONDS")
_SHORTEST_LIFE: Final = 60
_LONGEST_KEY: Final = 255


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    return serve(event, lambda request: _route(request, event))


def _route(request: HttpRequest, event: Mapping[str, Any]) -> Reply:
    match request.method:
        case "GET":
            return _endpoints(path_between(request, "users", "endpoints"))
        case "PUT":
            return _preferences(path_between(request, "users", "preferences"), request)
        case "POST":
            return _link(path_between(request, "users", "links"), request, links_address(event))
        case _:
            raise PathNotFound("there is no such path")


def links_address(event: Mapping[str, Any]) -> str:
    """Where links lead: the address that was set, or the one that this request came by."""
    address = text("LINKS_ADDRESS", "")
    if address:
        return address
    context = event["requestContext"]
    domain = context.get("domainName") or (
        f"{context['apiId']}.execute-api.{text('AWS_REGION')}.amazonaws.com"
    )
    return f"https://{domain}{context['path'].removesuffix(event['path'])}/links/"


def _endpoints(user_id: str) -> Reply:
    return Reply({"user_id": user_id, "endpoints": _CHANGES.users.endpoints(user_id)})


def _preferences(user_id: str, request: HttpRequest) -> Reply:
    key = request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        raise BadInput(f"must have 1 to {_LONGEST_KEY} characters", field="Idempotency-Key")
    change = read_change(request.body, _CHANGES.schema)
    made = _CHANGES.make(Wanted(user_id, change, "api", key))
    emit(_DIMENSIONS, {"Repeated" if made.replayed else "Changed": 1}, time.time())
    return Reply(made.body, headers={"Idempotent-Replayed": "true"} if made.replayed else {})


def _link(user_id: str, request: HttpRequest, address: str) -> Reply:
    sent = json_object(request.body or b"{}")
    scope, seconds = sent.get("scope", "write"), sent.get("expires_in", _LONGEST_LIFE)
    if scope not in ("read", "write"):
        raise BadInput("must be read or write", field="scope")
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int)
        or not (_SHORTEST_LIFE <= seconds <= _LONGEST_LIFE)
    ):
        raise BadInput(f"must be {_SHORTEST_LIFE} to {_LONGEST_LIFE} seconds", field="expires_in")
    unknown = sorted(set(sent) - {"scope", "expires_in"})
    if unknown:
        raise BadInput("no such member: there are scope and expires_in", field=unknown[0])
    # A link to nobody would be found out by the user only.
    _CHANGES.users.endpoints(user_id)
    key = _KEYS.all()[0]
    subject = subject_of(key, _CHANGES.users.application_id, user_id)
    expires_at = int(time.time()) + seconds
    _CHANGES.store.keep_subject(subject, user_id, expires_at)
    token = sign(Claims(key, scope, expires_at, subject))
    emit(_DIMENSIONS, {"Links": 1}, time.time())
    return Reply(
        {"token": token, "url": address + token, "scope": scope, "expires_at": expires_at}, status=201
    )
