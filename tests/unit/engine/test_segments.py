"""Dynamic segments: what they may say, their versions, their end."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.engine_world import World

FREE = {"Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["free"]}}}


def create(pinpoint: Any, app: str, **write: Any) -> dict[str, Any]:
    answer = pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "s", **write})
    segment: dict[str, Any] = answer["SegmentResponse"]
    return segment


def test_a_segment_is_created_read_and_listed(pinpoint: Any, app: str) -> None:
    segment = create(pinpoint, app, Dimensions=FREE, tags={"a": "1"})

    assert segment["SegmentType"] == "DIMENSIONAL"
    assert segment["Version"] == 1
    assert segment["Arn"].endswith(f":apps/{app}/segments/{segment['Id']}")
    assert segment["Dimensions"] == FREE
    assert pinpoint.get_segment(ApplicationId=app, SegmentId=segment["Id"])["SegmentResponse"] == segment
    assert pinpoint.get_segments(ApplicationId=app)["SegmentsResponse"]["Item"] == [segment]
    assert pinpoint.list_tags_for_resource(ResourceArn=segment["Arn"])["TagsModel"]["tags"] == {"a": "1"}


def test_an_update_makes_the_next_version_and_keeps_the_old_one(pinpoint: Any, app: str) -> None:
    segment = create(pinpoint, app, Dimensions=FREE)
    metrics = {"Metrics": {"age": {"ComparisonOperator": "GREATER_THAN", "Value": 17.0}}}

    updated = pinpoint.update_segment(
        ApplicationId=app, SegmentId=segment["Id"], WriteSegmentRequest={"Dimensions": metrics}
    )["SegmentResponse"]

    assert (updated["Version"], updated["Name"], updated["Dimensions"]) == (2, "s", metrics)
    old = pinpoint.get_segment_version(ApplicationId=app, SegmentId=segment["Id"], Version="1")
    assert old["SegmentResponse"]["Dimensions"] == FREE
    versions = pinpoint.get_segment_versions(ApplicationId=app, SegmentId=segment["Id"])
    assert [v["Version"] for v in versions["SegmentsResponse"]["Item"]] == [1, 2]
    for version in ("3", "0", "x", "1" * 30):
        with pytest.raises(pinpoint.exceptions.NotFoundException):
            pinpoint.get_segment_version(ApplicationId=app, SegmentId=segment["Id"], Version=version)


def test_a_deleted_segment_is_gone(pinpoint: Any, app: str) -> None:
    segment = create(pinpoint, app, Dimensions=FREE)

    deleted = pinpoint.delete_segment(ApplicationId=app, SegmentId=segment["Id"])["SegmentResponse"]

    assert deleted == segment
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_segment(ApplicationId=app, SegmentId=segment["Id"])


def attribute(kind: str, *values: str) -> dict[str, Any]:
    return {"Dimensions": {"Attributes": {"a": {"AttributeType": kind, "Values": list(values)}}}}


@pytest.mark.parametrize(
    ("write", "status", "reason"),
    [
        ({}, 400, "either Dimensions or SegmentGroups"),
        ({"Dimensions": FREE, "SegmentGroups": {"Groups": [{}]}}, 400, "either Dimensions or SegmentGroups"),
        ({"SegmentGroups": {"Groups": []}}, 400, "1 to 5 groups, got 0"),
        ({"SegmentGroups": {"Groups": [{}] * 6}}, 400, "1 to 5 groups, got 6"),
        ({"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "x"}] * 6}]}}, 400, "at most 5 segments"),
        ({"SegmentGroups": {"Groups": [{"SourceSegments": [{"Id": "x"}]}]}}, 404, "no segment has the id"),
        (attribute("INCLUSIVE"), 400, "Attributes.a.Values must not be empty"),
        (attribute("BEFORE", "soon"), 400, "Values must be ISO 8601 for BEFORE, got 'soon'"),
        (attribute("BETWEEN", "2026-01-01"), 400, "must have 2 for BETWEEN, got 1"),
        (attribute("LIKE", "x"), 400, "AttributeType must be one of INCLUSIVE"),
        (
            {"Dimensions": {"Metrics": {"m": {"ComparisonOperator": "ABOUT", "Value": 1.0}}}},
            400,
            "must be one of EQUAL, GREATER_THAN",
        ),
        (
            {"Dimensions": {"Attributes": {f"a{i}": {"Values": ["1"]} for i in range(101)}}},
            400,
            "at most 100 dimensions, got 101",
        ),
        ({"Dimensions": {"Location": {"Country": {"Values": []}}}}, 400, "Country.Values must not be empty"),
        (
            {"Dimensions": {"Behavior": {"Recency": {"Duration": "DAY_7", "RecencyType": "ACTIVE"}}}},
            501,
            "Behavior is not served",
        ),
        (
            {"Dimensions": {"Location": {"GPSPoint": {"Coordinates": {"Latitude": 1.0, "Longitude": 1.0}}}}},
            501,
            "GPSPoint is not served",
        ),
    ],
)
def test_rules_that_cannot_be_evaluated_are_refused(
    pinpoint: Any, app: str, write: dict[str, Any], status: int, reason: str
) -> None:
    with pytest.raises(ClientError, match=reason) as caught:
        create(pinpoint, app, **write)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_group_may_build_on_a_segment_that_exists(pinpoint: Any, app: str, world: World) -> None:
    source = create(pinpoint, app, Dimensions=FREE)
    groups = {
        "Include": "ALL",
        "Groups": [{"Type": "ALL", "SourceType": "ANY", "SourceSegments": [{"Id": source["Id"]}]}],
    }

    assert create(pinpoint, app, SegmentGroups=groups)["SegmentGroups"] == groups
