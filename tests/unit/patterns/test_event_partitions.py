"""Where in the archive an event lies, by the program that Firehose is given."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.firehose.partitions import Unpartitioned, keys_of
from patterns.engagement_events.events import MalformedRecord, parse
from pinpoint_patterns._event_delivery import partition_keys
from pinpoint_patterns._event_table import EVENT_TYPES
from tests.support.payloads import EVENTS, payload

PROGRAM = partition_keys()
APPLICATION = "0123456789abcdef0123456789abcdef"


def lies_in(record: Any) -> dict[str, str]:
    return dict(keys_of(PROGRAM, record if isinstance(record, bytes) else json.dumps(record).encode()))


@pytest.mark.parametrize("case", [path.stem for path in sorted((EVENTS / "pinpoint_stream").glob("*.json"))])
def test_each_kind_of_event_lies_by_its_application_type_and_day_of_arrival(case: str) -> None:
    event = payload(f"pinpoint_stream/{case}")
    event["event_timestamp"] -= 3 * 86_400_000
    kind = event["event_type"] if case != "custom_event" else "other"
    assert lies_in(event) == {"application_id": APPLICATION, "event_type": kind, "day": "2025-11-24"}


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_of_pinpoints_own_types_has_a_partition_of_its_own(event_type: str) -> None:
    assert (
        lies_in(payload("pinpoint_stream/email_send") | {"event_type": event_type})["event_type"]
        == event_type
    )


@given(st.text(min_size=1).filter(lambda name: name not in EVENT_TYPES))
def test_all_other_types_share_one(event_type: str) -> None:
    assert (
        lies_in(payload("pinpoint_stream/custom_event") | {"event_type": event_type})["event_type"] == "other"
    )


def test_without_its_arrival_an_event_lies_on_the_day_that_it_happened() -> None:
    event = payload("pinpoint_stream/email_send")
    del event["arrival_timestamp"]
    assert lies_in(event)["day"] == "2025-11-24"


@pytest.mark.parametrize(
    "record",
    [
        b"rubbish",
        b"[]",
        b"{}",
        b'{"event_type": 5, "arrival_timestamp": 1, "application": {"app_id": "a"}}',
        b'{"event_type": "x", "application": {"app_id": "a"}}',
        b'{"event_type": "x", "arrival_timestamp": "1", "application": {"app_id": "a"}}',
        b'{"event_type": "x", "arrival_timestamp": 1e300, "application": {"app_id": "a"}}',
    ],
)
def test_what_the_consumer_sets_aside_as_no_event_has_no_partition(record: bytes) -> None:
    with pytest.raises(MalformedRecord):
        parse(record)
    with pytest.raises(Unpartitioned):
        lies_in(record)


@pytest.mark.parametrize("application", [None, {}, {"app_id": None}, {"app_id": ""}])
def test_an_event_of_no_application_passes_the_consumer_and_has_no_partition(application: Any) -> None:
    record = {"event_type": "x", "arrival_timestamp": 1, "application": application}
    assert parse(json.dumps(record).encode()).envelope.application_id == ""
    with pytest.raises(Unpartitioned):
        lies_in(record)
