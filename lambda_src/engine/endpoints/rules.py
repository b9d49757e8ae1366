"""The documented limits of an endpoint, checked before it is merged.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html#quotas-endpoint and the
`EndpointRequest` of the API reference. Messages name members and limits, never a person's values.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from engine import choices
from engine.errors import BadRequest
from engine.store import Document

MAX_ENDPOINT_BYTES: Final = 15 * 1024
MAX_NAME: Final = 50
MAX_VALUE: Final = 100
MAX_VALUES: Final = 50
MAX_NAMES_PER_APPLICATION: Final = 250
MAX_ENDPOINTS_PER_USER: Final = 15
CHANNEL_TYPES: Final = frozenset(
    [
        "PUSH",
        "GCM",
        "APNS",
        "APNS_SANDBOX",
        "APNS_VOIP",
        "APNS_VOIP_SANDBOX",
        "ADM",
        "SMS",
        "VOICE",
        "EMAIL",
        "BAIDU",
        "CUSTOM",
        "IN_APP",
    ]
)
# A user's sixteenth endpoint of these types pushes out the oldest one of them.
YIELDING_CHANNEL_TYPES: Final = frozenset(["ADM", "GCM", "APNS", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU"])

_DEMOGRAPHIC: Final = {
    "AppVersion": 50,
    "Locale": 50,
    "Make": 50,
    "Model": 100,
    "ModelVersion": 50,
    "Platform": 50,
    "PlatformVersion": 50,
    "Timezone": 50,
}
_LOCATION: Final = {"City": 75, "Region": 75}
_CLOSED: Final = {
    "ChannelType": CHANNEL_TYPES,
    "OptOut": frozenset({"ALL", "NONE"}),
    "EndpointStatus": frozenset({"ACTIVE", "INACTIVE"}),
}


def check_id(member: str, value: str) -> None:
    """Refuse an endpoint or user id that the service would not take.

    Raises:
        BadRequest: It is empty, too long, or holds `$`, `{` or `}`.
    """
    if not value:
        raise BadRequest(f"{member} must not be empty")
    if found := next((c for c in "${}" if c in value), None):
        raise BadRequest(f"{member} must not contain {found!r}: the characters $ {{ }} are not allowed")
    if len(value.encode()) > choices.MAX_ID_BYTES:
        raise BadRequest(f"{member} must have at most {choices.MAX_ID_BYTES} bytes")


def check_request(request: Mapping[str, Any]) -> None:
    """Refuse what breaks a limit in itself, whatever is stored.

    Raises:
        BadRequest: Names the member and the limit.
    """
    for member, allowed in _CLOSED.items():
        value = request.get(member)
        if value is not None and value not in allowed:
            raise BadRequest(f"{member} must be one of {', '.join(sorted(allowed))}, got {value!r}")
    if request.get("EffectiveDate"):
        check_date("EffectiveDate", request["EffectiveDate"])
    for member, limit in _DEMOGRAPHIC.items():
        _check_length(f"Demographic.{member}", request.get("Demographic", {}).get(member), limit)
    _check_location(request.get("Location", {}))
    _check_attributes("Attributes", request.get("Attributes", {}))
    for name in request.get("Metrics", {}):
        _check_name("Metrics", name)
    user = request.get("User", {})
    if "UserId" in user:
        check_id("UserId", user["UserId"])
    _check_attributes("User.UserAttributes", user.get("UserAttributes", {}))


def check_size(document: Document) -> None:
    """Refuse an endpoint that has grown over 15 KB.

    Raises:
        BadRequest: With both sizes.
    """
    size = len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode())
    if size > MAX_ENDPOINT_BYTES:
        raise BadRequest(f"an endpoint must have at most {MAX_ENDPOINT_BYTES} bytes, this one has {size}")


def check_date(member: str, value: str) -> None:
    """Refuse what is no ISO 8601 date or time.

    Raises:
        BadRequest: It cannot be read.
    """
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise BadRequest(f"{member} must be an ISO 8601 date and time, got {value!r}") from None


def _check_location(location: Mapping[str, Any]) -> None:
    for member, limit in _LOCATION.items():
        _check_length(f"Location.{member}", location.get(member), limit)
    if ("Latitude" in location) != ("Longitude" in location):
        raise BadRequest("Location.Latitude and Location.Longitude are only allowed together")
    for member, limit in (("Latitude", 90), ("Longitude", 180)):
        if member in location and not -limit <= location[member] <= limit:
            raise BadRequest(f"Location.{member} must be between -{limit} and {limit}")


def _check_attributes(member: str, attributes: Mapping[str, list[str]]) -> None:
    for name, values in attributes.items():
        _check_name(member, name)
        if len(values) > MAX_VALUES:
            raise BadRequest(f"{member}.{name} must have at most {MAX_VALUES} values, got {len(values)}")
        for value in values:
            _check_length(f"{member}.{name}", value, MAX_VALUE)


def _check_name(member: str, name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME:
        raise BadRequest(f"a name in {member} must have 1 to {MAX_NAME} characters, got {len(name)}")


def _check_length(member: str, value: str | None, limit: int) -> None:
    if value is not None and len(value) > limit:
        raise BadRequest(f"{member} must have at most {limit} characters, got {len(value)}")
