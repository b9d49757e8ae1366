"""The function for whoever has a link: one's own preferences to see and to change, and no address to learn.

A GET changes nothing: mail scanners follow every link. One click unsubscribes by POST, as RFC 8058 has it.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs

from patterns.user_endpoints.changes import Made, Wanted
from patterns.user_endpoints.errors import BadInput, LinkGone, LinkReadOnly, PathNotFound, UserNotFound
from patterns.user_endpoints.link_keys import CURRENT, PREVIOUS, LinkKey, LinkKeys
from patterns.user_endpoints.links import Claims, handle_of, verify
from patterns.user_endpoints.masking import masked
from patterns.user_endpoints.preferences import Change, Wishes, read_change
from patterns.user_endpoints.serving import Reply, serve
from patterns.user_endpoints.wiring import changes
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.rest_proxy import HttpRequest
from pinpoint_runtime.settings import text

_DIMENSIONS: Final = {"Pattern": "UserEndpoints"}
_CHANGES: Final = changes()
_KEYS: Final = LinkKeys(client("secretsmanager"), text("LINK_SECRET_ARN"), (CURRENT, PREVIOUS))

Endpoints = list[dict[str, Any]]


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    return serve(event, _route)


def _route(request: HttpRequest) -> Reply:
    segments = request.path.split("/")
    if len(segments) != 3 or segments[1] != "links":
        raise PathNotFound("there is no such path")
    claims = verify(segments[2], _KEYS, time.time())
    if request.method != "GET" and claims.scope != "write":
        raise LinkReadOnly("this link allows to read only")
    user_id = _CHANGES.store.user_of(claims.subject)
    if user_id is None:
        raise LinkGone("whom this link was for is not known any more")
    try:
        return _do(request, claims, user_id)
    except UserNotFound:
        raise LinkGone("whom this link was for is not known any more") from None


def _do(request: HttpRequest, claims: Claims, user_id: str) -> Reply:
    match request.method:
        case "GET":
            return _see(claims, _CHANGES.users.endpoints(user_id))
        case "PUT":
            change = read_change(request.body, _CHANGES.schema)
            endpoints = _CHANGES.users.endpoints(user_id) if change.endpoints else []
            named = _by_id(change, claims.key, endpoints)
            return _made(_CHANGES.make(Wanted(user_id, named, "link")), claims.key)
        case "POST":
            return _unsubscribe(request, claims.key, user_id)
        case _:
            raise PathNotFound("there is no such path")


def _see(claims: Claims, endpoints: Endpoints) -> Reply:
    return Reply(
        {
            "scope": claims.scope,
            "expires_at": claims.expires_at,
            "preferences": {
                name: {"values": list(one.values), "several": one.several, "channels": sorted(one.channels)}
                for name, one in _CHANGES.schema.items()
            },
            "endpoints": [_shown(claims.key, endpoint) for endpoint in endpoints],
        }
    )


def _shown(key: LinkKey, endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """What of an endpoint is for its user: the declared preferences, and no other attribute."""
    channel_type = str(endpoint.get("ChannelType", ""))
    attributes = endpoint.get("Attributes", {})
    return {
        "endpoint": handle_of(key, endpoint["Id"]),
        "channel_type": channel_type,
        "address": masked(channel_type, str(endpoint.get("Address", ""))),
        "opt_out": endpoint.get("OptOut", "NONE"),
        "preferences": {
            name: attributes.get(name, [])
            for name, preference in _CHANGES.schema.items()
            if preference.applies_to(endpoint)
        },
    }


def _by_id(change: Change, key: LinkKey, endpoints: Endpoints) -> Change:
    """A change that names endpoints as the link does, with their ids."""
    ids = {handle_of(key, endpoint["Id"]): str(endpoint["Id"]) for endpoint in endpoints}
    unknown = sorted(set(change.endpoints) - set(ids))
    if unknown:
        raise BadInput("no such endpoint: see those of this link", field=f"endpoints.{unknown[0]}")
    return replace(change, endpoints={ids[handle]: wishes for handle, wishes in change.endpoints.items()})


def _unsubscribe(request: HttpRequest, key: LinkKey, user_id: str) -> Reply:
    """One click: no mail any more. See https://www.rfc-editor.org/rfc/rfc8058."""
    form = parse_qs(request.body.decode("utf-8", "replace"))
    if form.get("List-Unsubscribe") != ["One-Click"]:
        raise BadInput("the body must be List-Unsubscribe=One-Click")
    mail = [one["Id"] for one in _CHANGES.users.endpoints(user_id) if one.get("ChannelType") == "EMAIL"]
    change = Change(endpoints={str(name): Wishes(opt_out="ALL") for name in mail})
    return _made(_CHANGES.make(Wanted(user_id, change, "one_click")), key)


def _made(made: Made, key: LinkKey) -> Reply:
    """The answer of a change, with endpoints named as the link does."""
    emit(_DIMENSIONS, {"Repeated" if made.replayed else "Changed": 1}, time.time())
    body = {
        name: [
            {
                **{k: v for k, v in one.items() if k != "endpoint_id"},
                "endpoint": handle_of(key, one["endpoint_id"]),
            }
            for one in made.body[name]
        ]
        for name in ("changed", "refused")
    }
    return Reply({"change_id": made.body["change_id"], **body})
