"""What bad input gets: each reason of the page's table, and the event that earns it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from patterns.user_events.checks import CheckedEvent, check
from patterns.user_events.message import MOST_EVENTS, Element, read_message
from patterns.user_events.reasons import Reason, Rejected

PAGE = Path(__file__).resolve().parents[3] / "docs/patterns/user-events.md"
_ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)

COMPLETE = {"ChannelType": "EMAIL", "Address": "jane@example.com", "OptOut": "NONE"}
GOOD: dict[str, Any] = {
    "EndpointId": "jane",
    "EndpointExists": True,
    "EventId": "cart-1",
    "EventType": "custom.cart_abandoned",
    "Timestamp": "2026-11-25T10:00:00Z",
    "Attributes": {"Cart": "7"},
    "Metrics": {"Items": 3},
}
_SESSION = {"Id": "s", "StartTimestamp": "2026-11-25T10:00:00Z"}


def without(*members: str, **changed: Any) -> dict[str, Any]:
    return {**{name: value for name, value in GOOD.items() if name not in members}, **changed}


BAD: list[tuple[str, Any]] = [
    ("not_an_object", "text"),
    ("not_an_object", None),
    ("unknown_member", without(Attribute={})),
    ("unknown_member", without(Endpoint={"Id": "jane"})),
    ("unknown_member", without(Endpoint={"Colour": "red"})),
    ("unknown_member", without(Channels=["EMAIL"])),
    ("wrong_type", without(Attributes={"Cart": 7})),
    ("wrong_type", without(Attributes={"Cart": None})),
    ("wrong_type", without(Attributes=["Cart"])),
    ("wrong_type", without(Timestamp=1_764_064_800)),
    ("wrong_type", without(EndpointId=7)),
    ("wrong_type", without(EndpointExists="yes")),
    ("wrong_type", without(Endpoint=[])),
    ("wrong_type", without("EndpointId", "EndpointExists", UserId="u", Channels="EMAIL")),
    ("wrong_type", without(AppTitle=1)),
    ("invalid_text", without(Attributes={"Cart": "\ud800"})),
    ("names_nobody", without("EndpointId")),
    ("names_nobody", without(EndpointId="")),
    ("names_endpoint_and_user", without(UserId="u")),
    ("invalid_id", without(EndpointId="{{jane}}")),
    ("invalid_event_id", without(EventId="")),
    ("invalid_event_id", without(EventId=7)),
    ("invalid_event_id", without(EventId="x" * 129)),
    ("invalid_event_type", without("EventType")),
    ("invalid_event_type", without(EventType="cart/abandoned")),
    ("invalid_event_type", without(EventType="cart?")),
    ("invalid_event_type", without(EventType="x" * 51)),
    ("reserved_event_type", without(EventType="_email.hardbounce")),
    ("reserved_event_type", without(EventType="_session.begin")),
    ("missing_timestamp", without("Timestamp")),
    ("invalid_timestamp", without(Timestamp="yesterday")),
    ("invalid_timestamp", without(Timestamp="0001-01-01T00:00:00+14:00")),
    ("timestamp_without_zone", without(Timestamp="2026-11-25T10:00:00.123456")),
    ("timestamp_without_zone", without(Session={**_SESSION, "StopTimestamp": "2026-11-25T10:00:00"})),
    ("list_in_event_attributes", without(Attributes={"EmailPreference": ["Subscribed"]})),
    ("text_in_endpoint_attributes", without(Endpoint={"Attributes": {"EmailPreference": "Subscribed"}})),
    ("text_in_endpoint_attributes", without(Endpoint={"User": {"UserAttributes": {"Name": "Jane"}}})),
    ("not_a_number", without(Metrics={"Items": "3"})),
    ("not_a_number", without(Metrics={"Items": True})),
    ("not_a_number", without(Metrics={"Items": 10**400})),
    ("not_a_number", without(Metrics={"Items": float("nan")})),
    ("value_too_long", without(Attributes={"Cart": "x" * 201})),
    ("value_too_long", without(AppTitle="x" * 251)),
    ("value_too_long", without(Endpoint={"Attributes": {"Name": ["x" * 101]}})),
    ("name_too_long", without(Attributes={"x" * 51: "7"})),
    ("name_too_long", without(Metrics={"": 7})),
    (
        "too_many_keys",
        without(Attributes={f"a{n}": "" for n in range(20)}, Metrics={f"m{n}": 1 for n in range(20)}),
    ),
    ("invalid_session", without(Session={"Id": "s"})),
    ("invalid_session", without(Session={**_SESSION, "Length": 5})),
    ("invalid_session", without(Session={**_SESSION, "Duration": 5.5})),
    ("event_too_large", without(Session={**_SESSION, "Id": "x" * 1_030_000})),
    ("endpoint_not_known_to_exist", without("EndpointExists")),
    ("endpoint_not_known_to_exist", without("EndpointExists", Endpoint={})),
    ("endpoint_not_known_to_exist", without("EndpointExists", Endpoint={**COMPLETE, "Address": ""})),
    ("endpoint_not_known_to_exist", without("EndpointExists", Endpoint={"Attributes": {"Plan": ["gold"]}})),
    (
        "endpoint_not_known_to_exist",
        without("EndpointExists", Endpoint={"ChannelType": "EMAIL", "Address": "jane@example.com"}),
    ),
    ("address_for_a_user", without("EndpointId", "EndpointExists", UserId="u", Endpoint=COMPLETE)),
    ("unknown_channel_type", without(Endpoint={**COMPLETE, "ChannelType": "FAX"})),
    ("never_targeted_channel_type", without(Endpoint={**COMPLETE, "ChannelType": "PUSH"})),
    ("address_not_of_channel", without(Endpoint={**COMPLETE, "ChannelType": "SMS"})),
    ("unknown_opt_out", without(Endpoint={"OptOut": "SOME"})),
    ("invalid_date", without(Endpoint={"EffectiveDate": "yesterday"})),
    ("too_many_values", without(Endpoint={"Attributes": {"Plan": ["gold"] * 51}})),
    ("half_a_coordinate", without(Endpoint={"Location": {"Latitude": 1}})),
    ("coordinate_out_of_range", without(Endpoint={"Location": {"Latitude": 91, "Longitude": 1}})),
    (
        "endpoint_too_large",
        without(Endpoint={"Attributes": {f"a{n}": ["x" * 100] * 50 for n in range(4)}}),
    ),
]
# Seen of a message as a whole, or only once the project has been asked.
ELSEWHERE = {
    "not_json",
    "no_events",
    "too_many_events",
    "unknown_user",
    "no_endpoint_of_user",
    "refused_by_project",
    "given_up",
}


def rejection(document: object) -> Rejected:
    with pytest.raises(Rejected) as caught:
        check(Element(document))
    return caught.value


@pytest.mark.parametrize(
    ("reason", "document"), [pytest.param(*each, id=f"{each[0]}-{n}") for n, each in enumerate(BAD)]
)
def test_bad_input_is_refused_with_a_reason_that_fits_a_dead_letter(reason: str, document: object) -> None:
    refused = rejection(document)
    assert refused.reason == reason
    assert len(str(refused)) <= 600


def test_the_page_has_a_row_for_each_reason_and_each_row_a_test() -> None:
    section = PAGE.read_text().split("## What bad input gets")[1].split("\n## ")[0]
    rows = _ROW.findall(section)
    assert len(rows) == len(set(rows))
    tested = {reason for reason, _ in BAD} | ELSEWHERE
    assert set(rows) == tested
    assert {str(reason) for reason in Reason} <= tested


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("[" * 100_000, "not_json"),
        ("[]", "no_events"),
        (json.dumps([{}] * (MOST_EVENTS + 1)), "too_many_events"),
        (json.dumps({"detail-type": "User Event", "detail": []}), "no_events"),
    ],
)
def test_a_message_without_events_is_refused_as_a_whole(body: str, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_message(body)
    assert caught.value.reason == reason


def test_the_mix_up_of_lists_and_texts_is_told_what_to_do() -> None:
    listed = rejection(without(Attributes={"Preference": ["Subscribed"]}))
    assert "give a text, or move the list to Endpoint.Attributes" in listed.detail
    text = rejection(without(Endpoint={"Attributes": {"Preference": "Subscribed"}}))
    assert "give a list of texts, or move the text to the event's Attributes" in text.detail


def test_a_reason_repeats_no_value() -> None:
    secret = "jane@example.com"
    for document in (
        without(EndpointId="{" + secret),
        without(EventId=[secret]),
        without(Attributes={"A": [secret]}),
        without(Timestamp=secret),
        without(Endpoint={"ChannelType": "SMS", "Address": secret}),
    ):
        assert secret not in str(rejection(document))


def checked(**changed: Any) -> CheckedEvent:
    return check(Element(without(**changed)))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-11-25T10:00:00Z", "2026-11-25T10:00:00.000Z"),
        ("2026-11-25T12:30:00.123456+02:30", "2026-11-25T10:00:00.123Z"),
        ("2026-11-25T02:00:00-0800", "2026-11-25T10:00:00.000Z"),
    ],
)
def test_a_time_is_sent_in_utc_with_its_zone(given: str, sent: str) -> None:
    assert checked(Timestamp=given).event["Timestamp"] == sent
    session = {"Id": "s", "StartTimestamp": given, "StopTimestamp": given, "Duration": 0}
    assert checked(Session=session).event["Session"] == {
        "Id": "s",
        "StartTimestamp": sent,
        "StopTimestamp": sent,
        "Duration": 0,
    }


def test_a_time_without_a_zone_may_be_taken_as_utc() -> None:
    element = Element(without(Timestamp="2026-11-25T10:00:00"))
    assert check(element, naive_is_utc=True).event["Timestamp"] == "2026-11-25T10:00:00.000Z"


def test_an_event_takes_its_id_along_to_the_stream() -> None:
    assert checked().event["Attributes"] == {"Cart": "7", "event_id": "cart-1"}
    assert checked(Attributes={"event_id": "mine"}).event["Attributes"] == {"event_id": "mine"}


def test_forty_keys_are_taken_the_id_among_them() -> None:
    attributes = {f"a{number}": "x" * 200 for number in range(39)}
    assert len(checked(Attributes=attributes, Metrics={}).event["Attributes"]) == 40


@pytest.mark.parametrize("event_type", ["_session.start", "_userauth.auth_fail", "_monetization.purchase"])
def test_what_apps_report_of_the_service_is_taken(event_type: str) -> None:
    assert checked(EventType=event_type).event["EventType"] == event_type


def test_an_endpoint_that_says_all_may_be_new() -> None:
    event = check(Element(without("EndpointExists", Endpoint=COMPLETE)))
    assert event.endpoint == COMPLETE


def test_an_event_without_an_id_has_the_same_one_whenever_it_comes() -> None:
    first, again, other = (
        check(Element(without("EventId", Attributes={"A": "1", "B": letter}))) for letter in "xxy"
    )
    assert first.event_id == again.event_id != other.event_id


def test_what_the_bus_hands_over_has_its_id_and_its_time() -> None:
    envelope = {
        "id": "6f87d04b-9f5c-4f3c-9c1e-0d4f0f1f7c6a",
        "detail-type": "User Event",
        "source": "com.example.shop",
        "time": "2026-11-25T10:00:00Z",
        "detail": without("EventId", "Timestamp"),
    }
    message = read_message(json.dumps(envelope))
    (element,) = message.elements
    event = check(element)
    assert (event.event_id, event.event["Timestamp"]) == (envelope["id"], "2026-11-25T10:00:00.000Z")
    assert message.alone

    two = read_message(json.dumps({**envelope, "detail": [envelope["detail"]] * 2}))
    assert [check(each).event_id for each in two.elements] == [f"{envelope['id']}-0", f"{envelope['id']}-1"]


def test_an_event_that_is_taken_out_of_a_list_keeps_its_id_and_its_time() -> None:
    envelope = {"id": "e-1", "detail-type": "t", "time": "2026-11-25T10:00:00Z"}
    detail = [without("EventId", "Timestamp")]
    (element,) = read_message(json.dumps({**envelope, "detail": detail})).elements
    (alone,) = read_message(element.to_json()).elements
    assert check(alone) == check(element)
    bare = Element(without("EventId"))
    assert check(read_message(bare.to_json()).elements[0]) == check(bare)
