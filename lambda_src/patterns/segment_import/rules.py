"""What an endpoint definition has to be for Pinpoint to import it; whatever passes here, imports there.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/audience-data-import.html and
https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html#quotas-endpoint.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from patterns.segment_import.reasons import BadRow, RowReason

MAX_NAMES: Final = 250
TEXTS: Final = frozenset({"Address", "ChannelType", "EffectiveDate", "Id", "OptOut", "RequestId"})
DEMOGRAPHIC: Final = frozenset(
    {"AppVersion", "Locale", "Make", "Model", "ModelVersion", "Platform", "PlatformVersion", "Timezone"}
)
PLACES: Final = frozenset({"City", "Country", "PostalCode", "Region"})
COORDINATES: Final = {"Latitude": 90, "Longitude": 180}
_PUSH: Final = frozenset({"GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "BAIDU"})
_CHANNEL_TYPES: Final = _PUSH | {"SMS", "VOICE", "EMAIL", "CUSTOM", "IN_APP"}
_LIMITS: Final = {"City": 75, "Region": 75, "Model": 100, **dict.fromkeys(DEMOGRAPHIC - {"Model"}, 50)}
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL: Final = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@[^@\s.\"(),:;<>\[\]\\]+(\.[^@\s.\"(),:;<>\[\]\\]+)+")
_MAX_EMAIL: Final = 254
_MAX_ID_BYTES: Final = 1000
_MAX_NAME: Final = 50
_MAX_VALUE: Final = 100
_MAX_VALUES: Final = 50
# An endpoint has at most 15 KB, and the service adds some members of its own to what is imported.
_MAX_BYTES: Final = 14 * 1024
# What is this short as a file's line cannot come near that, however its columns are called.
_SURELY_SMALL: Final = 1024


def check(definition: Mapping[str, Any], *, line_bytes: int) -> None:
    """Refuse a definition that would not be imported.

    Args:
        definition: The members of an endpoint definition, nested as in the API.
        line_bytes: How long it is as a line, header included.

    Raises:
        BadRow: With the first thing that is wrong.
    """
    for member, value in definition.items():
        rule = _RULES.get(member)
        if rule is None:
            raise BadRow(RowReason.UNKNOWN_MEMBER, f"{member[:_MAX_NAME]!r} cannot be imported")
        rule(member, value)
    _check_address(definition)
    if line_bytes > _SURELY_SMALL:
        size = len(json.dumps(definition, separators=(",", ":"), ensure_ascii=False).encode())
        if size > _MAX_BYTES:
            raise BadRow(RowReason.TOO_LARGE, f"at most {_MAX_BYTES} bytes, this one has {size}")


def names_of(definition: Mapping[str, Any]) -> set[str]:
    """The attribute and metric names that count against the application's 250."""
    kinds = {
        "a": definition.get("Attributes", ()),
        "m": definition.get("Metrics", ()),
        "u": definition.get("User", {}).get("UserAttributes", ()),
    }
    return {f"{kind}.{name}" for kind, names in kinds.items() for name in names}


def _check_address(definition: Mapping[str, Any]) -> None:
    channel, address = definition.get("ChannelType"), definition.get("Address")
    if not channel:
        raise BadRow(RowReason.MISSING_CHANNEL_TYPE, "ChannelType is needed")
    if channel == "PUSH":
        raise BadRow(
            RowReason.NEVER_TARGETED, "PUSH is never targeted: use GCM, APNS or another push channel"
        )
    if channel not in _CHANNEL_TYPES:
        raise BadRow(
            RowReason.UNKNOWN_CHANNEL_TYPE, f"ChannelType is one of {', '.join(sorted(_CHANNEL_TYPES))}"
        )
    if not address:
        raise BadRow(RowReason.MISSING_ADDRESS, "Address is needed")
    if channel == "EMAIL" and (len(address) > _MAX_EMAIL or not _EMAIL.fullmatch(address)):
        raise BadRow(
            RowReason.ADDRESS_NOT_OF_CHANNEL, "Address is no e-mail address, and ChannelType is EMAIL"
        )
    if channel in ("SMS", "VOICE") and not _PHONE.fullmatch(address):
        raise BadRow(
            RowReason.ADDRESS_NOT_OF_CHANNEL, f"Address is no E.164 number, and ChannelType is {channel}"
        )
    if channel in _PUSH and ("@" in address or any(character.isspace() for character in address)):
        raise BadRow(RowReason.ADDRESS_NOT_OF_CHANNEL, f"Address is no token, and ChannelType is {channel}")


def _text(member: str, value: Any) -> None:
    if not isinstance(value, str):
        raise BadRow(RowReason.WRONG_TYPE, f"{member} is a text")


def _opt_out(member: str, value: Any) -> None:
    _text(member, value)
    if value not in ("ALL", "NONE"):
        raise BadRow(RowReason.UNKNOWN_OPT_OUT, "OptOut is ALL or NONE")


def _date(member: str, value: Any) -> None:
    _text(member, value)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise BadRow(RowReason.INVALID_DATE, f"{member} is an ISO 8601 date and time") from None


def _id(member: str, value: Any) -> None:
    _text(member, value)
    if any(character in value for character in "${}") or len(value.encode()) > _MAX_ID_BYTES:
        raise BadRow(RowReason.INVALID_ID, f"{member} holds no $ {{ }} and at most {_MAX_ID_BYTES} bytes")


def _length(member: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise BadRow(RowReason.VALUE_TOO_LONG, f"{member} has at most {limit} characters")


def _object(member: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadRow(RowReason.WRONG_TYPE, f"{member} is an object")
    return value  # pyright: ignore[reportUnknownVariableType]


def _name(member: str, name: str) -> None:
    if not 1 <= len(name) <= _MAX_NAME:
        raise BadRow(RowReason.NAME_TOO_LONG, f"a name in {member} has 1 to {_MAX_NAME} characters")


def _attributes(member: str, value: Any) -> None:
    for name, values in _object(member, value).items():
        _name(member, name)
        if not isinstance(values, list):
            raise BadRow(RowReason.WRONG_TYPE, f"{member}.{name} is a list of texts")
        if len(values) > _MAX_VALUES:  # pyright: ignore[reportUnknownArgumentType]
            raise BadRow(RowReason.TOO_MANY_VALUES, f"{member}.{name} has at most {_MAX_VALUES} values")
        for text in values:  # pyright: ignore[reportUnknownVariableType]
            _text(f"{member}.{name}", text)
            _length(f"{member}.{name}", text, _MAX_VALUE)  # pyright: ignore[reportUnknownArgumentType]


def _number(member: str, value: Any) -> None:
    try:
        finite = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise BadRow(RowReason.NOT_A_NUMBER, f"{member} is a number")


def _metrics(member: str, value: Any) -> None:
    for name, number in _object(member, value).items():
        _name(member, name)
        _number(f"{member}.{name}", number)


def _demographic(member: str, value: Any) -> None:
    _members(member, _object(member, value), DEMOGRAPHIC)


def _location(member: str, value: Any) -> None:
    location = _object(member, value)
    _members(member, {name: text for name, text in location.items() if name not in COORDINATES}, PLACES)
    if ("Latitude" in location) != ("Longitude" in location):
        raise BadRow(RowReason.HALF_A_COORDINATE, "Latitude and Longitude go together")
    for name, limit in COORDINATES.items():
        if name in location:
            _number(f"{member}.{name}", location[name])
            if not -limit <= location[name] <= limit:
                raise BadRow(RowReason.COORDINATE_OUT_OF_RANGE, f"{name} is between -{limit} and {limit}")


def _members(member: str, value: Mapping[str, Any], allowed: frozenset[str]) -> None:
    for name, text in value.items():
        if name not in allowed:
            raise BadRow(RowReason.UNKNOWN_MEMBER, f"{member}.{name[:_MAX_NAME]} cannot be imported")
        _text(f"{member}.{name}", text)
        if name in _LIMITS:
            _length(f"{member}.{name}", text, _LIMITS[name])


def _user(member: str, value: Any) -> None:
    for name, inner in _object(member, value).items():
        if name == "UserId":
            _id("User.UserId", inner)
            if not inner:
                raise BadRow(RowReason.INVALID_ID, "User.UserId is not empty")
        elif name == "UserAttributes":
            _attributes("User.UserAttributes", inner)
        else:
            raise BadRow(RowReason.UNKNOWN_MEMBER, f"User.{name[:_MAX_NAME]} cannot be imported")


_RULES: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "Address": _text,
    "Attributes": _attributes,
    "ChannelType": _text,
    "Demographic": _demographic,
    "EffectiveDate": _date,
    "Id": _id,
    "Location": _location,
    "Metrics": _metrics,
    "OptOut": _opt_out,
    "RequestId": _text,
    "User": _user,
}
