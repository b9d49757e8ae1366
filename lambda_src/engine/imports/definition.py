"""What an endpoint definition in a file may hold, whatever the file's format.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/audience-data-import.html
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

_TEXTS: Final = frozenset({"Address", "ChannelType", "EffectiveDate", "Id", "OptOut", "RequestId"})
_DEMOGRAPHIC: Final = frozenset(
    {"AppVersion", "Locale", "Make", "Model", "ModelVersion", "Platform", "PlatformVersion", "Timezone"}
)
_PLACES: Final = frozenset({"City", "Country", "PostalCode", "Region"})
_COORDINATES: Final = frozenset({"Latitude", "Longitude"})
_E164: Final = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s\"(),:;<>\[\]\\]+@[^@\s.\"(),:;<>\[\]\\]+(\.[^@\s.\"(),:;<>\[\]\\]+)+")
_MAX_EMAIL: Final = 320


class BadRow(Exception):
    """A row that cannot become an endpoint; the reason names members, never a person's values."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_column(name: str) -> bool:
    """Whether a dotted name is a column that a file may have."""
    head, _, tail = name.partition(".")
    if not tail:
        return head in _TEXTS
    if head in ("Attributes", "Metrics"):
        return True
    if head == "Demographic":
        return tail in _DEMOGRAPHIC
    if head == "Location":
        return tail in _PLACES | _COORDINATES
    return name == "User.UserId" or (name.startswith("User.UserAttributes.") and len(name) > 20)


def from_columns(columns: Mapping[str, list[str]]) -> dict[str, Any]:
    """A definition from dotted names and the texts under them; several columns are several values.

    Raises:
        BadRow: A text is no number where one is needed, or a member has two values.
    """
    definition: dict[str, Any] = {}
    for name, values in columns.items():
        head, _, tail = name.partition(".")
        if head == "Attributes":
            definition.setdefault(head, {})[tail] = values
        elif name.startswith("User.UserAttributes."):
            attributes = definition.setdefault("User", {}).setdefault("UserAttributes", {})
            attributes[name.removeprefix("User.UserAttributes.")] = values
        elif len(values) > 1:
            raise BadRow(f"{name} has {len(values)} values: only attributes may have several")
        elif not tail:
            definition[head] = values[0]
        else:
            number = head == "Metrics" or tail in _COORDINATES
            definition.setdefault(head, {})[tail] = _number(name, values[0]) if number else values[0]
    return definition


def check(definition: Mapping[str, Any]) -> None:
    """Refuse a definition whose members are not of their types, or whose address is not its channel's.

    Raises:
        BadRow: Names the member and what it must be.
    """
    for member, value in definition.items():
        if member in _TEXTS:
            _text(member, value)
        elif member in _STRUCTURES:
            _STRUCTURES[member](member, value)
        else:
            raise BadRow(f"{member[:50]!r} is not a member of an endpoint definition that can be imported")
    _check_address(definition)


def _check_address(definition: Mapping[str, Any]) -> None:
    address, channel = definition.get("Address"), definition.get("ChannelType")
    if not address or not channel:
        return
    if channel in ("SMS", "VOICE") and not _E164.fullmatch(address):
        raise BadRow(f"Address must be a phone number in E.164 form for ChannelType {channel}")
    if channel == "EMAIL" and (len(address) > _MAX_EMAIL or not _EMAIL.fullmatch(address)):
        raise BadRow("Address must be an e-mail address for ChannelType EMAIL")


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in text:
        raise BadRow(f"{name} must be a number")
    return number


def _text(member: str, value: Any) -> None:
    if not isinstance(value, str):
        raise BadRow(f"{member} must be a text")


def _map(member: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadRow(f"{member} must be an object")
    return cast("Mapping[str, Any]", value)


def _lists(member: str, value: Any) -> None:
    for name, values in _map(member, value).items():
        texts: list[Any] = values if isinstance(values, list) else [None]
        if not all(isinstance(text, str) for text in texts):
            raise BadRow(f"{member}.{name[:50]} must be a list of texts")


def _numbers(member: str, value: Any) -> None:
    for name, number in _map(member, value).items():
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise BadRow(f"{member}.{name[:50]} must be a number")


def _closed(texts: frozenset[str], numbers: frozenset[str] = frozenset()) -> Callable[[str, Any], None]:
    def check_members(member: str, value: Any) -> None:
        for name, inner in _map(member, value).items():
            if name in numbers:
                _numbers(member, {name: inner})
            elif name in texts:
                _text(f"{member}.{name}", inner)
            else:
                raise BadRow(f"{member}.{name[:50]} is not a member that can be imported")

    return check_members


def _user(member: str, value: Any) -> None:
    for name, inner in _map(member, value).items():
        if name == "UserId":
            _text("User.UserId", inner)
        elif name == "UserAttributes":
            _lists("User.UserAttributes", inner)
        else:
            raise BadRow(f"User.{name[:50]} is not a member that can be imported")


_STRUCTURES: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "Attributes": _lists,
    "Metrics": _numbers,
    "Demographic": _closed(_DEMOGRAPHIC),
    "Location": _closed(_PLACES, _COORDINATES),
    "User": _user,
}
