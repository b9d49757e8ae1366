"""The filter of events agrees with another one, written from the documentation, and no value crashes it."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.audience.dimensions import event_fits
from engine.campaigns.schedule import status_of_campaign
from engine.errors import PinpointError
from engine.operations.campaign_schedule import check_schedule

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TYPES = ["shop.order", "shop.visit", "_email.delivered"]
DATES = ["2026-01-01T00:00:00Z", "2026-06-01T12:00:00+02:00", "2026-06-01"]
VALUES = [*DATES, "gold", "golden", "", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
NUMBERS = [1.0, 2.0, 3.0]

ATTRIBUTES = st.one_of(
    st.fixed_dictionaries(
        {"Values": st.lists(st.sampled_from(["gold", "old", "golden"]), min_size=1, max_size=2)},
        optional={"AttributeType": st.sampled_from(["INCLUSIVE", "EXCLUSIVE", "CONTAINS"])},
    ),
    st.fixed_dictionaries(
        {
            "AttributeType": st.sampled_from(["BEFORE", "AFTER", "ON"]),
            "Values": st.lists(st.sampled_from(DATES), min_size=1, max_size=1),
        }
    ),
    st.fixed_dictionaries(
        {
            "AttributeType": st.just("BETWEEN"),
            "Values": st.lists(st.sampled_from(DATES), min_size=2, max_size=2),
        }
    ),
)
SIGNS = {
    "GREATER_THAN": [1],
    "LESS_THAN": [-1],
    "GREATER_THAN_OR_EQUAL": [0, 1],
    "LESS_THAN_OR_EQUAL": [-1, 0],
    "EQUAL": [0],
}
DIMENSIONS = st.fixed_dictionaries(
    {},
    optional={
        "EventType": st.fixed_dictionaries(
            {"Values": st.lists(st.sampled_from(TYPES), min_size=1, max_size=2)},
            optional={"DimensionType": st.sampled_from(["INCLUSIVE", "EXCLUSIVE"])},
        ),
        "Attributes": st.dictionaries(st.sampled_from(["a", "b"]), ATTRIBUTES, max_size=2),
        "Metrics": st.dictionaries(
            st.sampled_from(["m", "n"]),
            st.fixed_dictionaries(
                {
                    "ComparisonOperator": st.sampled_from(sorted(SIGNS)),
                    "Value": st.sampled_from(NUMBERS),
                }
            ),
            max_size=2,
        ),
    },
)
EVENTS = st.fixed_dictionaries(
    {
        "event_type": st.sampled_from(TYPES),
        "attributes": st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(VALUES)),
        "metrics": st.dictionaries(st.sampled_from(["m", "n"]), st.sampled_from(NUMBERS)),
    }
)


def _plainly(dimensions: dict[str, Any], event: dict[str, Any]) -> bool:
    """The same filter by a second reading of the documents: every key has to agree."""
    verdicts: list[bool] = []
    if "EventType" in dimensions:
        listed = event["event_type"] in dimensions["EventType"]["Values"]
        excluded = dimensions["EventType"].get("DimensionType") == "EXCLUSIVE"
        verdicts.append(listed ^ excluded)
    for name, dimension in dimensions.get("Attributes", {}).items():
        verdicts.append(_attribute(dimension, event["attributes"].get(name)))
    for name, metric in dimensions.get("Metrics", {}).items():
        value, bound = event["metrics"].get(name), metric["Value"]
        verdicts.append(
            value is not None and (value > bound) - (value < bound) in SIGNS[metric["ComparisonOperator"]]
        )
    return False not in verdicts


def _attribute(dimension: dict[str, Any], value: str | None) -> bool:
    kind, wanted = dimension.get("AttributeType", "INCLUSIVE"), dimension["Values"]
    if kind == "EXCLUSIVE":
        return value not in wanted
    if value is None:
        return False
    if kind == "INCLUSIVE":
        return value in wanted
    if kind == "CONTAINS":
        return [part for part in wanted if part in value] != []
    if value not in DATES:
        return False  # No date, or one that has no moment in UTC.
    moment, bounds = _seconds(value), [_seconds(bound) for bound in wanted]
    if kind == "ON":
        return int(moment // 86_400) == int(bounds[0] // 86_400)
    if kind == "BETWEEN":
        return min(bounds[0], moment) == bounds[0] and max(bounds[1], moment) == bounds[1]
    return moment < bounds[0] if kind == "BEFORE" else moment > bounds[0]


def _seconds(text: str) -> float:
    date = datetime.fromisoformat(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


@given(dimensions=DIMENSIONS, event=EVENTS)
def test_both_filters_agree(dimensions: dict[str, Any], event: dict[str, Any]) -> None:
    assert event_fits(dimensions, event) == _plainly(dimensions, event)


ANYTHING = st.text(max_size=30)


@given(
    kind=st.sampled_from(["INCLUSIVE", "EXCLUSIVE", "CONTAINS", "BEFORE", "AFTER", "ON", "BETWEEN"]),
    wanted=st.lists(st.one_of(ANYTHING, st.sampled_from(VALUES)), max_size=3),
    value=st.one_of(ANYTHING, st.sampled_from(VALUES)),
    metric=st.floats(),
    operator=st.one_of(ANYTHING, st.sampled_from(sorted(SIGNS))),
    bound=st.floats(),
    start=st.one_of(ANYTHING, st.sampled_from([*VALUES, "IMMEDIATE"])),
    end=st.one_of(ANYTHING, st.sampled_from(VALUES)),
)
def test_a_campaign_is_refused_or_its_filter_and_schedule_have_an_answer(
    kind: str, wanted: list[str], value: str, metric: float, operator: str, bound: float, start: str, end: str
) -> None:
    dimensions = {
        "Attributes": {"a": {"AttributeType": kind, "Values": wanted}},
        "Metrics": {"m": {"ComparisonOperator": operator, "Value": bound}},
    }
    event_filter = {"FilterType": "ENDPOINT", "Dimensions": dimensions}
    schedule = {"StartTime": start, "EndTime": end, "Frequency": "EVENT", "EventFilter": event_filter}
    try:
        check_schedule(schedule, "Schedule", NOW)
    except PinpointError:
        return
    event = {"event_type": "x", "attributes": {"a": value}, "metrics": {"m": metric}}
    assert event_fits(dimensions, event) in (True, False)
    created = {"State": {"CampaignStatus": "SCHEDULED"}, "CreationDate": "2026-11-24T12:00:00.000Z"}
    status = status_of_campaign({"Schedule": schedule, **created}, NOW)
    assert status in ("SCHEDULED", "EXECUTING")
