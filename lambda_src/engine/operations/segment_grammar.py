"""What a dynamic segment may say, checked when it is written rather than when it is sent to.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-segments.html
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from engine.errors import BadRequest, NotYetImplemented
from engine.store import Document

_MAX_DIMENSIONS: Final = 100
_MAX_GROUPS: Final = 5
_MAX_SOURCES: Final = 5
_COMPARISONS: Final = frozenset(
    {"GREATER_THAN", "LESS_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN_OR_EQUAL", "EQUAL"}
)
# How many instants the attribute types that compare dates take.
_INSTANTS: Final = {"BEFORE": 1, "AFTER": 1, "ON": 1, "BETWEEN": 2}
_NOT_SERVED: Final = (("Behavior",), ("Location", "GPSPoint"))


def check_segment(write: Mapping[str, Any]) -> None:
    """Refuse rules that cannot be evaluated.

    Args:
        write: A `WriteSegmentRequest`.

    Raises:
        BadRequest: Names the member and what it must be.
        NotYetImplemented: The rule is part of the API, and this engine cannot evaluate it.
    """
    path = "WriteSegmentRequest"
    if ("Dimensions" in write) == ("SegmentGroups" in write):
        raise BadRequest(f"{path} must have either Dimensions or SegmentGroups")
    count = 0
    for where, dimensions in _all_dimensions(write, path):
        count += _check_dimensions(dimensions, where)
    if count > _MAX_DIMENSIONS:
        raise BadRequest(f"a segment has at most {_MAX_DIMENSIONS} dimensions, got {count}")
    groups: list[Document] = write.get("SegmentGroups", {}).get("Groups", [])
    if "SegmentGroups" in write and not 1 <= len(groups) <= _MAX_GROUPS:
        raise BadRequest(
            f"{path}.SegmentGroups.Groups must have 1 to {_MAX_GROUPS} groups, got {len(groups)}"
        )
    for index, group in enumerate(groups):
        sources = len(group.get("SourceSegments", []))
        if sources > _MAX_SOURCES:
            raise BadRequest(
                f"{path}.SegmentGroups.Groups[{index}].SourceSegments must have at most {_MAX_SOURCES} "
                f"segments, got {sources}"
            )


def source_segments(write: Mapping[str, Any]) -> Iterator[Document]:
    """The references to other segments."""
    for group in write.get("SegmentGroups", {}).get("Groups", []):
        yield from group.get("SourceSegments", [])


def _all_dimensions(write: Mapping[str, Any], path: str) -> Iterator[tuple[str, Document]]:
    if "Dimensions" in write:
        yield f"{path}.Dimensions", write["Dimensions"]
    for i, group in enumerate(write.get("SegmentGroups", {}).get("Groups", [])):
        for j, dimensions in enumerate(group.get("Dimensions", [])):
            yield f"{path}.SegmentGroups.Groups[{i}].Dimensions[{j}]", dimensions


def _check_dimensions(dimensions: Document, path: str) -> int:
    """Check one set of dimensions, and count them."""
    for members in _NOT_SERVED:
        value: Any = dimensions
        for member in members:
            value = value.get(member) if value else None
        if value:
            raise NotYetImplemented(f"{path}.{'.'.join(members)} is not served by this engine yet")
    for member in ("Attributes", "UserAttributes"):
        for name, attribute in dimensions.get(member, {}).items():
            check_attribute(attribute, f"{path}.{member}.{name}")
    for name, metric in dimensions.get("Metrics", {}).items():
        check_metric(metric, f"{path}.Metrics.{name}")
    sets = {**dimensions.get("Demographic", {}), **dimensions.get("Location", {})}
    for name, dimension in sets.items():
        check_set(dimension, f"{path}.{name}")
    return sum(len(dimensions.get(m, {})) for m in ("Attributes", "UserAttributes", "Metrics")) + len(sets)


def check_set(dimension: Mapping[str, Any], path: str) -> None:
    """Refuse a `SetDimension` that names no value.

    Raises:
        BadRequest: Its list is empty.
    """
    if not dimension["Values"]:
        raise BadRequest(f"{path}.Values must not be empty")


def check_metric(metric: Mapping[str, Any], path: str) -> None:
    """Refuse a `MetricDimension` that compares in no known way.

    Raises:
        BadRequest: Names the operators there are.
    """
    if metric["ComparisonOperator"] not in _COMPARISONS:
        raise BadRequest(
            f"{path}.ComparisonOperator must be one of {', '.join(sorted(_COMPARISONS))}, "
            f"got {metric['ComparisonOperator'][:40]!r}"
        )


def check_attribute(attribute: Mapping[str, Any], path: str) -> None:
    """Refuse an `AttributeDimension` whose values do not suit its type.

    Raises:
        BadRequest: No value, too many instants, or one that is none.
    """
    values: list[str] = attribute["Values"]
    if not values:
        raise BadRequest(f"{path}.Values must not be empty")
    kind = attribute.get("AttributeType", "INCLUSIVE")
    if kind not in _INSTANTS:
        return
    if len(values) != _INSTANTS[kind]:
        raise BadRequest(f"{path}.Values must have {_INSTANTS[kind]} for {kind}, got {len(values)}")
    for value in values:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise BadRequest(f"{path}.Values must be ISO 8601 for {kind}, got {value[:40]!r}") from None
