"""Messages of another system: what each says of which endpoints, checked before anything is called."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias, cast

from patterns.audience_sync.change import Change, Kind
from pinpoint_runtime.endpoint_rules import InvalidEndpoint, check_members, check_size

MOST_ENDPOINTS: Final = 100
_UPSERTS: Final = frozenset({"create", "update", "change", "opt_out", "opt_in"})
_OPT_OUT: Final = {"opt_out": "ALL", "opt_in": "NONE"}
_MEMBERS: Final = frozenset({"kind", "version", "user", "endpoints", "by_api"})
_LARGEST_VERSION: Final = 10**18
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Unreadable(Exception):
    """A message of which nothing can be done; the text says why, without any of its values."""


@dataclass(frozen=True)
class Refused:
    """One endpoint of a message that cannot be taken.

    Attributes:
        body: A message of this endpoint alone, as it came.
        reason: Why, without any of its values.
    """

    body: str
    reason: str


@dataclass(frozen=True)
class Changes:
    """What a message says of its endpoints."""

    changes: tuple[Change, ...] = ()
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True)
class UserDeletion:
    """A message that asks for all endpoints of a user to be deleted."""

    user_id: str = field(repr=False)
    version: int


Message: TypeAlias = Changes | UserDeletion


def read_message(body: str) -> Message:
    """Read one message.

    Args:
        body: `kind`, `version` and `endpoints`, each an endpoint definition with its `Id`; `user` is laid
            under each of them. A deletion names endpoints or a user.

    Raises:
        Unreadable: It is no such message.
    """
    message = _object(body)
    if unknown := sorted(message.keys() - _MEMBERS):
        raise Unreadable(f"unknown_member: {unknown[0][:50]!r} is not a member of a message")
    if not isinstance(message.get("by_api", False), bool):
        raise Unreadable("wrong_type: by_api is true or false")
    kind, version = message.get("kind"), read_version(message.get("version"))
    user = _user(message.get("user"))
    if kind == "delete":
        return _deletion(message, version, user)
    if not isinstance(kind, str) or kind not in _UPSERTS:
        raise Unreadable("unknown_kind: kind is create, update, change, delete, opt_out or opt_in")
    changes: list[Change] = []
    refused: list[Refused] = []
    for entry in _endpoints(message):
        try:
            change = _upsert(kind, version, user, entry, by_api=message.get("by_api") is True)
            if any(change.endpoint_id.lower() == other.endpoint_id.lower() for other in changes):
                raise Unreadable("several_of_one_endpoint: a message names an endpoint once")
        except (Unreadable, InvalidEndpoint) as error:
            refused.append(Refused(json.dumps({**message, "endpoints": [entry]}), str(error)))
        else:
            changes.append(change)
    return Changes(tuple(changes), tuple(refused))


def read_version(value: object) -> int:
    """A version as a number: a whole number as it is, a time as its microseconds since 1970.

    Raises:
        Unreadable: It is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        version = value
    elif isinstance(value, str) and not value.isdecimal():
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise Unreadable("invalid_version: version is a whole number or an ISO 8601 time") from None
        if moment.tzinfo is None:
            raise Unreadable("invalid_version: a time needs its zone, such as 2026-11-24T12:00:00Z")
        version = (moment - _EPOCH) // timedelta(microseconds=1)
    else:
        raise Unreadable("invalid_version: version is a whole number or an ISO 8601 time")
    if not 0 <= version < _LARGEST_VERSION:
        raise Unreadable(f"invalid_version: version is from 0 to below {_LARGEST_VERSION}")
    return version


def _object(body: str) -> dict[str, Any]:
    try:
        message: Any = json.loads(body)
        # A lone half of a character is JSON, and no text that anything could store.
        json.dumps(message, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Unreadable("not_json: the message is not JSON in UTF-8") from None
    if not isinstance(message, dict):
        raise Unreadable("not_json: the message is not a JSON object")
    return cast("dict[str, Any]", message)


def _user(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    try:
        check_members({"User": value})
    except InvalidEndpoint as invalid:
        raise Unreadable(str(invalid)) from None
    return cast("Mapping[str, Any]", value)


def _endpoints(message: Mapping[str, Any]) -> list[Any]:
    entries = message.get("endpoints")
    if not isinstance(entries, list) or not entries:
        raise Unreadable("no_endpoints: endpoints is a list of at least one endpoint")
    listed: list[Any] = entries
    if len(listed) > MOST_ENDPOINTS:
        raise Unreadable(f"too_many_endpoints: a message names at most {MOST_ENDPOINTS}")
    return listed


def _deletion(message: Mapping[str, Any], version: int, user: Mapping[str, Any]) -> Message:
    if "endpoints" not in message:
        user_id = user.get("UserId")
        if not user_id:
            raise Unreadable("no_endpoints: a deletion names endpoints, or a user by UserId")
        return UserDeletion(user_id, version)
    if user:
        raise Unreadable("ambiguous_deletion: a deletion names endpoints or a user, not both")
    changes: dict[str, Change] = {}
    refused: list[Refused] = []
    for entry in _endpoints(message):
        try:
            endpoint_id = _id(entry)
        except (Unreadable, InvalidEndpoint) as error:
            refused.append(Refused(json.dumps({**message, "endpoints": [entry]}), str(error)))
        else:
            changes[endpoint_id.lower()] = Change(Kind.DELETE, endpoint_id, version)
    return Changes(tuple(changes.values()), tuple(refused))


def _upsert(kind: str, version: int, user: Mapping[str, Any], entry: object, *, by_api: bool) -> Change:
    endpoint_id = _id(entry)
    definition = {name: value for name, value in cast("dict[str, Any]", entry).items() if name != "Id"}
    check_members(definition)
    if definition.get("Address") == "":
        raise Unreadable("missing_address: Address is not empty")
    if user:
        definition["User"] = _with_user(user, definition.get("User", {}))
    if kind in _OPT_OUT:
        definition["OptOut"] = _OPT_OUT[kind]
    check_size(definition)
    return Change(Kind.UPSERT, endpoint_id, version, definition, by_api)


def _with_user(user: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    if own.get("UserId", user.get("UserId")) != user.get("UserId"):
        raise Unreadable("several_users: an endpoint of the message names another user")
    merged = {**user, **own}
    attributes = {**user.get("UserAttributes", {}), **own.get("UserAttributes", {})}
    if attributes:
        merged["UserAttributes"] = attributes
    return merged


def _id(entry: object) -> str:
    if not isinstance(entry, dict):
        raise Unreadable("wrong_type: an endpoint is an object")
    endpoint_id = cast("dict[str, Any]", entry).get("Id")
    if not endpoint_id:
        raise Unreadable("missing_id: an endpoint needs its Id")
    check_members({"Id": endpoint_id})
    return str(endpoint_id)
