"""What Pinpoint hands to a custom channel becomes one message an endpoint."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns.custom_channel.invocation import InvocationUnreadable, messages
from patterns.custom_channel.message import ChannelMessage, MessageUnreadable, message_from_json
from tests.support.payloads import payload


def campaign(**changes: Any) -> dict[str, Any]:
    event = payload("custom_channel/campaign")
    return {name: value for name, value in {**event, **changes}.items() if value is not None}


def accept(event: object, owner: str = "o") -> list[ChannelMessage]:
    return list(messages(event, owner=owner, now_ms=1))


def test_each_endpoint_becomes_a_message_with_what_is_known_of_it() -> None:
    first, second = accept(campaign())
    assert (first.endpoint_id, first.address, first.user_id) == ("e1", "handle", "u1")
    assert first.attributes == {"plan": ["gold"]}
    assert (first.campaign_id, first.activity_id, first.treatment_id) == (
        "89abcdef0123456789abcdef01234567",
        "cdef0123456789abcdef0123456789ab",
        "0",
    )
    assert (second.endpoint_id, second.address, second.user_id, second.attributes) == ("e2", "", "", {})


def test_a_repeated_invocation_gives_the_same_keys_under_another_owner() -> None:
    first, again = accept(campaign(), "a"), accept(campaign(), "b")
    assert [message.key for message in first] == [message.key for message in again]
    assert {message.owner for message in first + again} == {"a", "b"}


def test_another_activity_or_endpoint_gives_another_key() -> None:
    keys = {message.key for message in accept(campaign()) + accept(campaign(ActivityId="next"))}
    assert len(keys) == 4


def test_a_participant_that_passes_a_journeys_activity_again_gets_another_message() -> None:
    journey = {"CampaignId": None, "TreatmentId": None, "JourneyId": "journey"}
    (first, _), (again, _) = (
        accept(campaign(**journey, ScheduledTime=time)) for time in ("2020-01-01", "2020-01-02")
    )
    assert first.key != again.key
    assert (first.journey_id, first.campaign_id) == ("journey", "")


@pytest.mark.parametrize("endpoint", [None, "text", 7, ["list"]])
def test_an_endpoint_that_is_no_object_is_marked_and_the_others_go_on(endpoint: object) -> None:
    odd, good = accept(campaign(Endpoints={"odd": endpoint, "good": {}}))
    assert (odd.endpoint_id, odd.defect) == ("odd", "endpoint_is_not_an_object")
    assert (good.endpoint_id, good.defect) == ("good", "")


def test_an_endpoint_too_large_for_the_queue_is_marked_and_named() -> None:
    (huge,) = accept(campaign(Endpoints={"huge": {"Attributes": {"x": ["y" * 300_000]}}}))
    assert (huge.defect, huge.endpoint, len(huge.to_json()) < 1000) == ("endpoint_is_too_large", {}, True)


@pytest.mark.parametrize("event", [None, [], "x", {}, {"Endpoints": []}, {"Endpoints": {"e": {}}}])
def test_an_event_that_is_no_invocation_is_refused_whole(event: object) -> None:
    with pytest.raises(InvocationUnreadable):
        accept(event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_no_endpoints_crash_the_acceptance_and_none_is_lost(endpoints: dict[str, Any]) -> None:
    made = accept(campaign(Endpoints=endpoints))
    assert [message.endpoint_id for message in made] == list(endpoints)
    for message in made:
        assert message_from_json(message.to_json()) == message
        assert isinstance(message.address + message.user_id + message.channel_type, str)


@given(st.text() | json_values.map(json.dumps))
def test_no_text_in_the_queue_crashes_the_reader(text: str) -> None:
    with pytest.raises(MessageUnreadable):
        message_from_json(text)


@pytest.mark.parametrize("change", [{"generation": "1"}, {"endpoint": []}, {"extra": 1}])
def test_a_message_of_the_wrong_shape_is_unreadable(change: dict[str, Any]) -> None:
    (message,) = accept(campaign(Endpoints={"e": {}}))
    with pytest.raises(MessageUnreadable):
        message_from_json(json.dumps(json.loads(message.to_json()) | change))
