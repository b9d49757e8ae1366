"""Events in any shape: nothing crashes, what is made passes, and each event has exactly one end."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patterns.user_events import catalogue
from patterns.user_events.builders import (
    Changes,
    CompleteEndpoint,
    Demographic,
    EndpointsOfUser,
    ExistingEndpoint,
    Location,
    Session,
    Subject,
    UserEvent,
)
from patterns.user_events.checks import LONGEST_VALUE, MOST_KEYS, check
from patterns.user_events.message import Element, read_message
from patterns.user_events.reasons import Rejected
from tests.support.user_events import Desk, desk

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
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
                    "Id",
                    "Address",
                    "OptOut",
                    "detail",
                    "detail-type",
                    "User",
                    "UserAttributes",
                    "Location",
                    "Latitude",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)
GOOD = {
    "EndpointId": "e",
    "EndpointExists": True,
    "EventType": "t",
    "Timestamp": "2026-11-25T10:00:00Z",
}


@given(
    st.text(max_size=50)
    | anything.map(json.dumps)
    | anything.map(lambda it: json.dumps({**GOOD, "Attributes": it}))
)
def test_no_message_makes_the_checks_crash(body: str) -> None:
    try:
        elements = read_message(body).elements
    except Rejected:
        return
    for element in elements:
        try:
            event = check(element)
        except Rejected:
            continue
        assert len(event.event["Attributes"]) + len(event.event.get("Metrics", {})) <= MOST_KEYS
        assert all(len(value) <= LONGEST_VALUE for value in event.event["Attributes"].values())
        assert event.event["Timestamp"].endswith("Z")
        # A dead letter of an event that was right once is the same event when it is moved back.
        (again,) = read_message(element.to_json()).elements
        assert check(again) == event


@given(
    member=st.sampled_from([*sorted(GOOD), "Endpoint", "Metrics", "Session", "Channels", "EventId"]),
    value=anything,
)
def test_no_member_of_a_good_event_makes_the_checks_crash(member: str, value: Any) -> None:
    try:
        event = check(Element({**GOOD, member: value}))
    except Rejected:
        return
    assert event.endpoint_id


names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
moments = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
changes = st.builds(
    Changes,
    attributes=st.dictionaries(names, st.lists(texts, max_size=3), max_size=3),
    metrics=st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    user_attributes=st.dictionaries(names, st.lists(texts, max_size=3), max_size=3),
    demographic=st.builds(Demographic, platform=st.none() | names, timezone=st.none() | names),
    location=st.builds(Location, city=st.none() | names),
    opt_out=st.sampled_from([None, "ALL", "NONE"]),
)
subjects = (
    st.builds(ExistingEndpoint, names, changes)
    | st.builds(
        CompleteEndpoint,
        names,
        st.just("SMS"),
        st.just("+4915112345678"),
        st.sampled_from(["ALL", "NONE"]),
        changes,
    )
    | st.builds(EndpointsOfUser, names, st.just(("SMS",)), changes)
)
sessions = st.builds(Session, names, moments, moments)
campaigns = st.dictionaries(st.sampled_from(["campaign_id", "journey_id"]), names)
numbers = st.floats(0, 1e9)


@st.composite
def made(draw: st.DrawFn) -> UserEvent:
    """An event of the catalogue's, with any arguments."""
    subject: Subject = draw(subjects)
    at: datetime = draw(moments)
    name, other = draw(names), draw(names)
    session: Session = draw(sessions)
    return draw(
        st.sampled_from(
            [
                catalogue.preference_update(subject, name, draw(st.lists(texts, max_size=5)), at=at),
                catalogue.purchase(subject, order_id=name, amount=draw(numbers), currency="EUR", at=at),
                catalogue.proximity(
                    subject, place=name, metres=draw(numbers), location=Location(city=other), at=at
                ),
                catalogue.channel_delivery(
                    subject, channel=name, status="FAILED", message_key=other, at=at, reason=draw(texts)
                ),
                catalogue.channel_open(
                    subject, channel=name, message_key=other, at=at, campaign=draw(campaigns)
                ),
                catalogue.session_start(subject, session),
                catalogue.session_stop(subject, session),
                catalogue.session_pause(subject, session, at=at),
                catalogue.session_resume(subject, session, at=at),
                catalogue.sign_up(CompleteEndpoint(name, "EMAIL", "a@example.com", "NONE"), other, at=at),
                catalogue.sign_in(subject, at=at, session=session),
                catalogue.auth_fail(subject, at=at),
                catalogue.monetization_purchase(
                    subject,
                    product_id=name,
                    price=draw(numbers),
                    quantity=draw(numbers),
                    currency="EUR",
                    transaction_id=other,
                    at=at,
                ),
            ]
        )
    )


@given(made())
def test_what_the_catalogue_makes_passes_the_checks(event: UserEvent) -> None:
    (element,) = read_message(event.to_json()).elements
    checked = check(element)
    assert checked.event["EventType"] == event.event_type
    assert bool(checked.endpoint_id) != bool(checked.user_id)


messages = st.lists(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab"), st.booleans()), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)
faults = st.dictionaries(
    st.integers(0, 6), st.lists(st.sampled_from([202, 400, 429, 500]), min_size=1, max_size=4), max_size=4
)


def _event(number: int, endpoint: str, good: bool) -> dict[str, Any]:
    attributes = {} if good else {"Attributes": {"A": ["x"]}}
    return {**GOOD, "EndpointId": endpoint, "EventId": f"e-{number}", **attributes}


def _run(at_work: Desk, records: list[dict[str, Any]]) -> Counter[str]:
    """Deliver until nothing comes again, each time all of it that does; then each message once more."""
    counts: Counter[str] = Counter()
    left = records
    for _ in range(60):
        again, counted = at_work.work(*left)
        counts += counted.counts
        left = [record for record in left if record["messageId"] in again]
        at_work.now += 1
        if not left:
            return counts
    raise AssertionError("something never came to an end")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=messages, faults=faults)
def test_each_event_has_one_end_whatever_the_project_answers(
    messages: list[list[tuple[int, str, bool]]],
    faults: dict[int, list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with desk() as at_work:
        at_work.project.statuses = {f"e-{number}": list(plan) for number, plan in faults.items()}
        records = [
            at_work.record([_event(*each) for each in message], f"m-{number}")
            for number, message in enumerate(messages)
        ]
        counts = _run(at_work, records)
        letters = at_work.letters()
        taken = Counter(at_work.project.taken)
        assert set(taken.values()) <= {1}, "no event is put twice"
        assert counts["Accepted"] == len(taken)
        assert counts["Rejected"] == len(letters)
        good = [each for message in messages for each in message if each[2]]
        unreadable = sum(len(message) for message in messages) - len(good)
        assert sum(reason == "list_in_event_attributes" for reason, _ in letters) == unreadable
        wanted = {(endpoint, f"e-{number}") for number, endpoint, _ in good}
        refused = {
            (json.loads(body)["EndpointId"], json.loads(body)["EventId"])
            for reason, body in letters
            if reason != "list_in_event_attributes"
        }
        assert wanted == set(taken) | refused
