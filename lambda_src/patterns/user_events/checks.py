"""What an event has to be for the project to take it, checked before any call.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html#quotas-events.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from patterns.user_events.message import Element
from patterns.user_events.moments import utc
from patterns.user_events.reasons import Reason, Rejected
from pinpoint_runtime.endpoint_rules import InvalidEndpoint, check_complete, check_members, check_size

# Every event takes its id with it to the event stream, whose records have none of their own.
ID_ATTRIBUTE: Final = "event_id"
MOST_KEYS: Final = 40
LONGEST_NAME: Final = 50
LONGEST_VALUE: Final = 200
LONGEST_EVENT_ID: Final = 128
_MOST_BYTES: Final = 1_000 * 1024
_LONGEST_TEXT: Final = 250
_FORBIDDEN: Final = re.compile(r"[#:?\\/]")
_EVENT_ID: Final = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_EVENT_ID}}}")
# Those with an underscore that an app reports; the others are for the service alone to say.
OF_APPS: Final = frozenset(
    {
        *(f"_session.{what}" for what in ("start", "stop", "pause", "resume")),
        *(f"_userauth.{what}" for what in ("sign_in", "sign_up", "auth_fail")),
        "_monetization.purchase",
        *(f"_campaign.{w}" for w in ("opened_notification", "received_foreground", "received_background")),
    }
)
_TEXTS: Final = ("AppPackageName", "AppTitle", "AppVersionCode", "ClientSdkVersion", "SdkName")
_MEMBERS: Final = frozenset(
    {
        "EndpointId",
        "EndpointExists",
        "UserId",
        "Channels",
        "Endpoint",
        "EventId",
        "EventType",
        "Timestamp",
        "Attributes",
        "Metrics",
        "Session",
        *_TEXTS,
    }
)


@dataclass(frozen=True)
class CheckedEvent:
    """An event that keeps every rule that is known.

    Attributes:
        event_id: The same whenever it comes again.
        endpoint_id: Whose it is, or empty.
        user_id: Whose endpoints' it is, or empty.
        channels: Of which channels of the user; all if empty.
        event: The `Event` of the API.
        endpoint: What the call changes.
    """

    event_id: str
    endpoint_id: str
    user_id: str
    channels: frozenset[str]
    event: Mapping[str, Any]
    endpoint: Mapping[str, Any]


def check(element: Element, *, naive_is_utc: bool = False) -> CheckedEvent:
    """Read one event.

    Args:
        element: As it came.
        naive_is_utc: Whether a time without a zone is taken as UTC.

    Raises:
        Rejected: With the first thing that is wrong.
    """
    if not isinstance(element.document, dict):
        raise Rejected(Reason.NOT_AN_OBJECT, "an event is a JSON object")
    document = cast("dict[str, Any]", element.document)
    _check_text(document)
    if unknown := sorted(document.keys() - _MEMBERS):
        raise Rejected(
            Reason.UNKNOWN_MEMBER,
            f"{unknown[0][:LONGEST_NAME]!r} is no member: there are {', '.join(sorted(_MEMBERS))}",
        )
    event_id = _event_id(document, element)
    event = _event(document, element.timestamp, event_id, naive_is_utc=naive_is_utc)
    endpoint_id, user_id = _whose(document)
    endpoint = _endpoint(document, of_a_user=bool(user_id))
    return CheckedEvent(event_id, endpoint_id, user_id, _channels(document), event, endpoint)


def _check_text(document: Mapping[str, Any]) -> None:
    """Half of a surrogate pair is valid JSON, and no text; NaN is what Python alone takes for JSON."""
    try:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise Rejected(Reason.INVALID_TEXT, "a text has half of a surrogate pair in it") from None
    except (ValueError, RecursionError):
        raise Rejected(Reason.NOT_A_NUMBER, "NaN and Infinity are no numbers of JSON") from None


def _event_id(document: Mapping[str, Any], element: Element) -> str:
    given = document.get("EventId", element.event_id)
    if not given and "EventId" not in document:
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
    if not isinstance(given, str) or not _EVENT_ID.fullmatch(given):
        raise Rejected(
            Reason.INVALID_EVENT_ID, f"EventId has 1 to {LONGEST_EVENT_ID} printable ASCII characters"
        )
    return given


def _whose(document: Mapping[str, Any]) -> tuple[str, str]:
    ids: dict[str, str] = {}
    for member in ("EndpointId", "UserId"):
        value = document.get(member, "")
        if not isinstance(value, str):
            raise Rejected(Reason.WRONG_TYPE, f"{member} is a text")
        ids[member] = value
        try:
            check_members({"Id": value})
        except InvalidEndpoint as invalid:
            raise Rejected(Reason.INVALID_ID, invalid.detail.replace("Id", member, 1)) from None
    if ids["EndpointId"] and ids["UserId"]:
        raise Rejected(Reason.NAMES_TWO, "give EndpointId or UserId: whose endpoint it is stands in Endpoint")
    if not ids["EndpointId"] and not ids["UserId"]:
        raise Rejected(Reason.NAMES_NOBODY, "EndpointId or UserId is needed")
    return ids["EndpointId"], ids["UserId"]


def _channels(document: Mapping[str, Any]) -> frozenset[str]:
    channels = document.get("Channels", [])
    if not isinstance(channels, list) or not all(isinstance(each, str) for each in channels):
        raise Rejected(Reason.WRONG_TYPE, "Channels is a list of channel types")
    if channels and "UserId" not in document:
        raise Rejected(Reason.UNKNOWN_MEMBER, "Channels goes with UserId")
    return frozenset(cast("list[str]", channels))


def _event(
    document: Mapping[str, Any], default_time: str, event_id: str, *, naive_is_utc: bool
) -> dict[str, Any]:
    event: dict[str, Any] = {"EventType": _event_type(document.get("EventType"))}
    timestamp = document.get("Timestamp", default_time)
    if timestamp == "":
        raise Rejected(Reason.MISSING_TIMESTAMP, "Timestamp is needed: when it happened, with a zone")
    event["Timestamp"] = utc("Timestamp", timestamp, naive_is_utc=naive_is_utc)
    attributes = {ID_ATTRIBUTE: event_id, **_attributes(document.get("Attributes", {}))}
    metrics = _metrics(document.get("Metrics", {}))
    if len(attributes) + len(metrics) > MOST_KEYS:
        own = len(attributes) + len(metrics) - (ID_ATTRIBUTE not in document.get("Attributes", {}))
        raise Rejected(
            Reason.TOO_MANY_KEYS,
            f"an event has at most {MOST_KEYS} attributes and metrics, one of them {ID_ATTRIBUTE}, got {own}",
        )
    event["Attributes"] = attributes
    if metrics:
        event["Metrics"] = metrics
    if "Session" in document:
        event["Session"] = _session(document["Session"], naive_is_utc=naive_is_utc)
    for member in _TEXTS:
        if member in document:
            if not isinstance(document[member], str):
                raise Rejected(Reason.WRONG_TYPE, f"{member} is a text")
            if len(document[member]) > _LONGEST_TEXT:
                raise Rejected(Reason.VALUE_TOO_LONG, f"{member} has at most {_LONGEST_TEXT} characters")
            event[member] = document[member]
    if len(json.dumps(event, ensure_ascii=False).encode()) > _MOST_BYTES:
        raise Rejected(Reason.EVENT_TOO_LARGE, f"an event has at most {_MOST_BYTES} bytes")
    return event


def _event_type(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NAME or _FORBIDDEN.search(value):
        raise Rejected(
            Reason.INVALID_EVENT_TYPE,
            f"EventType is a text of 1 to {LONGEST_NAME} characters, without # : ? \\ /",
        )
    if value.startswith("_") and value not in OF_APPS:
        raise Rejected(
            Reason.RESERVED_EVENT_TYPE,
            f"names with an underscore are the service's: apps report {', '.join(sorted(OF_APPS))}",
        )
    return value


def _mapping(member: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Rejected(Reason.WRONG_TYPE, f"{member} is an object")
    found = cast("dict[str, Any]", value)
    for name in found:
        if not 1 <= len(name) <= LONGEST_NAME:
            raise Rejected(Reason.NAME_TOO_LONG, f"a name in {member} has 1 to {LONGEST_NAME} characters")
    return found


def _attributes(value: object) -> dict[str, str]:
    attributes = _mapping("Attributes", value)
    for name, text in attributes.items():
        if isinstance(text, list):
            raise Rejected(
                Reason.LIST_IN_EVENT_ATTRIBUTES,
                f"Attributes.{name} is a list, and an event's attributes are texts: "
                f"give a text, or move the list to Endpoint.Attributes",
            )
        if not isinstance(text, str):
            raise Rejected(Reason.WRONG_TYPE, f"Attributes.{name} is a text: numbers go into Metrics")
        if len(text) > LONGEST_VALUE:
            raise Rejected(
                Reason.VALUE_TOO_LONG,
                f"Attributes.{name} has at most {LONGEST_VALUE} characters, got {len(text)}: "
                f"the project would drop the event",
            )
    return dict(attributes)


def _metrics(value: object) -> dict[str, float]:
    metrics = _mapping("Metrics", value)
    for name, number in metrics.items():
        if not _is_number(number):
            raise Rejected(Reason.NOT_A_NUMBER, f"Metrics.{name} is a number: texts go into Attributes")
    return {name: float(number) for name, number in metrics.items()}


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _session(value: object, *, naive_is_utc: bool) -> dict[str, Any]:
    session = dict(_mapping("Session", value))
    if session.keys() - {"Id", "StartTimestamp", "StopTimestamp", "Duration"}:
        raise Rejected(Reason.INVALID_SESSION, "Session has Id, StartTimestamp, StopTimestamp and Duration")
    if not isinstance(session.get("Id"), str) or not session["Id"] or "StartTimestamp" not in session:
        raise Rejected(Reason.INVALID_SESSION, "Session needs Id, a text, and StartTimestamp")
    duration = session.get("Duration", 0)
    if type(duration) is not int or not 0 <= duration < 2**31:
        raise Rejected(Reason.INVALID_SESSION, "Session.Duration is a whole number of milliseconds")
    for member in ("StartTimestamp", "StopTimestamp"):
        if member in session:
            session[member] = utc(f"Session.{member}", session[member], naive_is_utc=naive_is_utc)
    return session


def _endpoint(document: Mapping[str, Any], *, of_a_user: bool) -> dict[str, Any]:
    exists = document.get("EndpointExists", False)
    if not isinstance(exists, bool):
        raise Rejected(Reason.WRONG_TYPE, "EndpointExists is true or false")
    endpoint = document.get("Endpoint", {})
    if not isinstance(endpoint, dict):
        raise Rejected(Reason.WRONG_TYPE, "Endpoint is an object")
    changes = cast("dict[str, Any]", endpoint)
    if "Id" in changes:
        raise Rejected(Reason.UNKNOWN_MEMBER, "Endpoint.Id cannot be set: say EndpointId")
    _check_lists("Endpoint.Attributes", changes.get("Attributes"))
    if isinstance(user := changes.get("User"), dict):
        _check_lists("Endpoint.User.UserAttributes", cast("dict[str, Any]", user).get("UserAttributes"))
    try:
        check_members(changes)
        check_size(changes)
        if of_a_user:
            _check_for_a_user(changes)
        elif not exists:
            check_complete(changes, opt_out=True)
    except InvalidEndpoint as invalid:
        if invalid.reason.startswith("missing_"):
            raise Rejected(
                Reason.NOT_KNOWN_TO_EXIST,
                "a new endpoint is opted out unless Endpoint says Address, ChannelType and OptOut: "
                "give them, or EndpointExists: true",
            ) from None
        raise Rejected(invalid.reason, f"Endpoint: {invalid.detail}") from None
    return changes


def _check_lists(member: str, attributes: object) -> None:
    if not isinstance(attributes, dict):
        return
    for name, value in cast("dict[str, Any]", attributes).items():
        if isinstance(value, str):
            raise Rejected(
                Reason.TEXT_IN_ENDPOINT_ATTRIBUTES,
                f"{member}.{name[:LONGEST_NAME]} is a text, and an endpoint's attributes are lists: "
                f"give a list of texts, or move the text to the event's Attributes",
            )


def _check_for_a_user(changes: Mapping[str, Any]) -> None:
    if changes.keys() & {"Address", "ChannelType"}:
        raise Rejected(
            Reason.ADDRESS_FOR_A_USER, "Endpoint.Address and ChannelType are one endpoint's: give EndpointId"
        )
