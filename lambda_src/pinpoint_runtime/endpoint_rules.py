"""What an endpoint definition has to be for Pinpoint to take it, in a file or by a call.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/audience-data-import.html and
https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html#quotas-endpoint.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

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


class EndpointReason(StrEnum):
    """Why an endpoint definition is refused. The names are what reports and dead letters say."""

    UNKNOWN_MEMBER = "unknown_member"
    WRONG_TYPE = "wrong_type"
    NOT_A_NUMBER = "not_a_number"
    MISSING_ADDRESS = "missing_address"
    MISSING_CHANNEL_TYPE = "missing_channel_type"
    MISSING_OPT_OUT = "missing_opt_out"
    UNKNOWN_CHANNEL_TYPE = "unknown_channel_type"
    NEVER_TARGETED = "never_targeted_channel_type"
    ADDRESS_NOT_OF_CHANNEL = "address_not_of_channel"
    UNKNOWN_OPT_OUT = "unknown_opt_out"
    INVALID_DATE = "invalid_date"
    INVALID_ID = "invalid_id"
    VALUE_TOO_LONG = "value_too_long"
    NAME_TOO_LONG = "name_too_long"
    TOO_MANY_VALUES = "too_many_values"
    TOO_MANY_ATTRIBUTES = "too_many_attributes"
    HALF_A_COORDINATE = "half_a_coordinate"
    COORDINATE_OUT_OF_RANGE = "coordinate_out_of_range"
    TOO_LARGE = "endpoint_too_large"


class InvalidEndpoint(Exception):
    """An endpoint definition that would not be taken.

    Attributes:
        reason: What it is counted under.
        detail: Which member, and what is allowed; never one of its values.
    """

    def __init__(self, reason: EndpointReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def check_members(definition: Mapping[str, Any]) -> None:
    """Refuse members that do not exist, are of a wrong type or over a limit; any of them may be absent.

    Args:
        definition: The members of an endpoint definition, nested as in the API, `Id` among them.

    Raises:
        InvalidEndpoint: With the first thing that is wrong.
    """
    for member, value in definition.items():
        rule = _RULES.get(member)
        if rule is None:
            raise InvalidEndpoint(EndpointReason.UNKNOWN_MEMBER, f"{member[:_MAX_NAME]!r} cannot be set")
        rule(member, value)
    if channel := definition.get("ChannelType"):
        _check_channel(channel)
        if address := definition.get("Address"):
            _check_address(channel, address)


def check_complete(definition: Mapping[str, Any], *, opt_out: bool) -> None:
    """Refuse what is not enough to make an endpoint that can be reached.

    Args:
        definition: What passed `check_members`.
        opt_out: Whether OptOut has to be said, too. Pinpoint opts a new endpoint out by itself where it
            misses an address, and a later address does not opt it in.

    Raises:
        InvalidEndpoint: With the first member that is missing.
    """
    if not definition.get("ChannelType"):
        raise InvalidEndpoint(EndpointReason.MISSING_CHANNEL_TYPE, "ChannelType is needed")
    if not definition.get("Address"):
        raise InvalidEndpoint(EndpointReason.MISSING_ADDRESS, "Address is needed")
    if opt_out and "OptOut" not in definition:
        raise InvalidEndpoint(EndpointReason.MISSING_OPT_OUT, "OptOut is needed, ALL or NONE")


def check_size(definition: Mapping[str, Any]) -> None:
    """Refuse what is larger than an endpoint may be.

    Raises:
        InvalidEndpoint: With the limit and the size.
    """
    size = len(json.dumps(definition, separators=(",", ":"), ensure_ascii=False).encode())
    if size > _MAX_BYTES:
        raise InvalidEndpoint(EndpointReason.TOO_LARGE, f"at most {_MAX_BYTES} bytes, this one has {size}")


def names_of(definition: Mapping[str, Any]) -> set[str]:
    """The attribute and metric names that count against the application's 250."""
    kinds = {
        "a": definition.get("Attributes", ()),
        "m": definition.get("Metrics", ()),
        "u": definition.get("User", {}).get("UserAttributes", ()),
    }
    return {f"{kind}.{name}" for kind, names in kinds.items() for name in names}


def _check_channel(channel: str) -> None:
    if channel == "PUSH":
        raise InvalidEndpoint(
            EndpointReason.NEVER_TARGETED, "PUSH is never targeted: use GCM, APNS or another push channel"
        )
    if channel not in _CHANNEL_TYPES:
        raise InvalidEndpoint(
            EndpointReason.UNKNOWN_CHANNEL_TYPE, f"ChannelType is one of {', '.join(sorted(_CHANNEL_TYPES))}"
        )


def _check_address(channel: str, address: str) -> None:
    if channel == "EMAIL" and (len(address) > _MAX_EMAIL or not _EMAIL.fullmatch(address)):
        wanted = "e-mail address"
    elif channel in ("SMS", "VOICE") and not _PHONE.fullmatch(address):
        wanted = "E.164 number"
    elif channel in _PUSH and ("@" in address or any(character.isspace() for character in address)):
        wanted = "token"
    else:
        return
    raise InvalidEndpoint(
        EndpointReason.ADDRESS_NOT_OF_CHANNEL, f"Address is no {wanted}, and ChannelType is {channel}"
    )


def _text(member: str, value: Any) -> None:
    if not isinstance(value, str):
        raise InvalidEndpoint(EndpointReason.WRONG_TYPE, f"{member} is a text")


def _opt_out(member: str, value: Any) -> None:
    _text(member, value)
    if value not in ("ALL", "NONE"):
        raise InvalidEndpoint(EndpointReason.UNKNOWN_OPT_OUT, "OptOut is ALL or NONE")


def _date(member: str, value: Any) -> None:
    _text(member, value)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise InvalidEndpoint(EndpointReason.INVALID_DATE, f"{member} is an ISO 8601 date and time") from None


def _id(member: str, value: Any) -> None:
    _text(member, value)
    if any(character in value for character in "${}") or len(value.encode()) > _MAX_ID_BYTES:
        raise InvalidEndpoint(
            EndpointReason.INVALID_ID, f"{member} holds no $ {{ }} and at most {_MAX_ID_BYTES} bytes"
        )


def _length(member: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise InvalidEndpoint(EndpointReason.VALUE_TOO_LONG, f"{member} has at most {limit} characters")


def _object(member: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidEndpoint(EndpointReason.WRONG_TYPE, f"{member} is an object")
    return value  # pyright: ignore[reportUnknownVariableType]


def _name(member: str, name: str) -> None:
    if not 1 <= len(name) <= _MAX_NAME:
        raise InvalidEndpoint(
            EndpointReason.NAME_TOO_LONG, f"a name in {member} has 1 to {_MAX_NAME} characters"
        )


def _attributes(member: str, value: Any) -> None:
    for name, values in _object(member, value).items():
        _name(member, name)
        if not isinstance(values, list):
            raise InvalidEndpoint(EndpointReason.WRONG_TYPE, f"{member}.{name} is a list of texts")
        if len(values) > _MAX_VALUES:  # pyright: ignore[reportUnknownArgumentType]
            raise InvalidEndpoint(
                EndpointReason.TOO_MANY_VALUES, f"{member}.{name} has at most {_MAX_VALUES} values"
            )
        for text in values:  # pyright: ignore[reportUnknownVariableType]
            _text(f"{member}.{name}", text)
            _length(f"{member}.{name}", text, _MAX_VALUE)  # pyright: ignore[reportUnknownArgumentType]


def _number(member: str, value: Any) -> None:
    try:
        finite = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise InvalidEndpoint(EndpointReason.NOT_A_NUMBER, f"{member} is a number")


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
        raise InvalidEndpoint(EndpointReason.HALF_A_COORDINATE, "Latitude and Longitude go together")
    for name, limit in COORDINATES.items():
        if name in location:
            _number(f"{member}.{name}", location[name])
            if not -limit <= location[name] <= limit:
                raise InvalidEndpoint(
                    EndpointReason.COORDINATE_OUT_OF_RANGE, f"{name} is between -{limit} and {limit}"
                )


def _members(member: str, value: Mapping[str, Any], allowed: frozenset[str]) -> None:
    for name, text in value.items():
        if name not in allowed:
            raise InvalidEndpoint(EndpointReason.UNKNOWN_MEMBER, f"{member}.{name[:_MAX_NAME]} cannot be set")
        _text(f"{member}.{name}", text)
        if name in _LIMITS:
            _length(f"{member}.{name}", text, _LIMITS[name])


def _user(member: str, value: Any) -> None:
    for name, inner in _object(member, value).items():
        if name == "UserId":
            _id("User.UserId", inner)
            if not inner:
                raise InvalidEndpoint(EndpointReason.INVALID_ID, "User.UserId is not empty")
        elif name == "UserAttributes":
            _attributes("User.UserAttributes", inner)
        else:
            raise InvalidEndpoint(EndpointReason.UNKNOWN_MEMBER, f"User.{name[:_MAX_NAME]} cannot be set")


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
