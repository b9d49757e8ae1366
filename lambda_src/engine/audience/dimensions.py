"""Whether an endpoint fits a segment's dimensions, and an event those of an event filter.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-segments.html and
https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html (EventDimensions)
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from engine.store import Document

_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GREATER_THAN": operator.gt,
    "LESS_THAN": operator.lt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN_OR_EQUAL": operator.le,
    "EQUAL": operator.eq,
}
# What a dimension calls otherwise than the endpoint does.
_DEMOGRAPHIC: Final = {"DeviceType": "Platform"}


def fits(dimensions: Mapping[str, Any], endpoint: Document) -> bool:
    """Whether an endpoint fits every one of the dimensions (`SegmentDimensions`)."""
    user = endpoint.get("User", {})
    return (
        _attributes_fit(dimensions.get("Attributes"), endpoint.get("Attributes", {}))
        and _attributes_fit(dimensions.get("UserAttributes"), user.get("UserAttributes", {}))
        and _metrics_fit(dimensions.get("Metrics"), endpoint.get("Metrics", {}))
        and _demographic_fits(dimensions.get("Demographic"), endpoint)
        and _location_fits(dimensions.get("Location"), endpoint.get("Location", {}))
    )


def event_fits(dimensions: Mapping[str, Any], event: Document) -> bool:
    """Whether an event fits every one of an event filter's dimensions (`EventDimensions`).

    Args:
        dimensions: As the campaign's filter has them; each attribute and metric counts.
        event: A record of the event stream: its attributes have one value each.
    """
    event_type = dimensions.get("EventType")
    attributes = {name: [value] for name, value in event["attributes"].items()}
    return (
        (event_type is None or _set_fits(event_type, event["event_type"]))
        and _attributes_fit(dimensions.get("Attributes"), attributes)
        and _metrics_fit(dimensions.get("Metrics"), event["metrics"])
    )


def attribute_fits(dimension: Mapping[str, Any], values: Sequence[str]) -> bool:
    """Whether an attribute's values fit an `AttributeDimension`; of several values one is enough."""
    wanted: list[str] = list(dimension.get("Values", ()))
    match dimension.get("AttributeType", "INCLUSIVE"):
        case "INCLUSIVE":
            return any(value in wanted for value in values)
        case "EXCLUSIVE":
            # An endpoint without the attribute has none of the values.
            return not any(value in wanted for value in values)
        case "CONTAINS":
            return any(part in value for value in values for part in wanted)
        case kind:
            return any(_moment_fits(str(kind), value, wanted) for value in values)


def _attributes_fit(dimensions: Mapping[str, Any] | None, attributes: Mapping[str, list[str]]) -> bool:
    return all(
        attribute_fits(dimension, attributes.get(name, ())) for name, dimension in (dimensions or {}).items()
    )


def _moment_fits(kind: str, value: str, wanted: Sequence[str]) -> bool:
    moment = _moment(value)
    bounds = [bound for bound in map(_moment, wanted) if bound is not None]
    if moment is None or len(bounds) != len(wanted) or not bounds:
        return False
    match kind:
        case "BEFORE":
            return moment < bounds[0]
        case "AFTER":
            return moment > bounds[0]
        case "ON":
            return any(moment.date() == bound.date() for bound in bounds)
        case "BETWEEN":
            return len(bounds) == 2 and bounds[0] <= moment <= bounds[1]
        case _:
            return False


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        # The first and the last day of all have no time in every zone.
        return None


def _metrics_fit(dimensions: Mapping[str, Any] | None, metrics: Mapping[str, float]) -> bool:
    return all(
        name in metrics and _COMPARISONS[dimension["ComparisonOperator"]](metrics[name], dimension["Value"])
        for name, dimension in (dimensions or {}).items()
    )


def _demographic_fits(dimensions: Mapping[str, Any] | None, endpoint: Document) -> bool:
    demographic = endpoint.get("Demographic", {})
    for name, dimension in (dimensions or {}).items():
        if name == "Channel":
            value = endpoint.get("ChannelType")
        else:
            value = demographic.get(_DEMOGRAPHIC.get(name, name))
        if not _set_fits(dimension, value):
            return False
    return True


def _location_fits(dimensions: Mapping[str, Any] | None, location: Mapping[str, Any]) -> bool:
    country = (dimensions or {}).get("Country")
    return country is None or _set_fits(country, location.get("Country"))


def _set_fits(dimension: Mapping[str, Any], value: str | None) -> bool:
    values: Sequence[str] = dimension.get("Values", ())
    inside = value is not None and value in values
    return inside == bool(dimension.get("DimensionType", "INCLUSIVE") == "INCLUSIVE")
