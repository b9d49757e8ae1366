"""Complaints and opt-outs of the event stream: what a partner hears of them, once for each address."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns.engagement_events.callbacks import callbacks_for
from patterns.engagement_events.events import Complaint, MalformedRecord, OptOut, OtherEvent, parse
from pinpoint_runtime.callbacks import KEY_CHARACTERS, Callback
from tests.support.payloads import payload

NUMBER = "+12065550142"
REPORTER = "complaint@simulator.amazonses.com"
APPLICATION = "0123456789abcdef0123456789abcdef"
CAMPAIGN = {
    "campaign_id": "89abcdef0123456789abcdef01234567",
    "campaign_activity_id": "cdef0123456789abcdef0123456789ab",
}
ENVELOPE = {
    "timestamp": "2025-11-24T16:00:01.234Z",
    "endpoint_id": "endpoint-1",
    "application_id": APPLICATION,
    **CAMPAIGN,
}


def record(case: str, **changes: Any) -> dict[str, Any]:
    return payload(f"pinpoint_stream/{case}") | changes


def parsed(record: Any) -> Any:
    return parse(json.dumps(record).encode())


def told(record: Any) -> list[Callback]:
    return list(callbacks_for(parsed(record)))


def mail_event(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = record["facets"]["email_channel"]["mail_event"]
    return found


def test_a_complaint_is_told_with_who_complained_and_about_what() -> None:
    event = record("email_complaint")
    assert isinstance(parsed(event), Complaint)
    (callback,) = told(event)
    assert callback.body == {
        "type": "email.complaint",
        "address": REPORTER,
        "message_id": "0100018c",
        "feedback_type": "abuse",
        **ENVELOPE,
    }


def test_a_number_that_opted_out_is_told_with_channel_address_endpoint_and_source() -> None:
    event = record("sms_optout")
    assert isinstance(parsed(event), OptOut)
    (callback,) = told(event)
    assert callback.body == {
        "type": "sms.opt_out",
        "channel": "SMS",
        "address": NUMBER,
        "source": "_SMS.OPTOUT",
        "message_id": "cdef0123456789abcdef0123456789ab",
        **ENVELOPE,
    }


def test_an_address_that_unsubscribed_is_told_with_channel_address_endpoint_and_source() -> None:
    (callback,) = told(record("email_unsubscribe"))
    assert callback.body == {
        "type": "email.opt_out",
        "channel": "EMAIL",
        "address": "success@simulator.amazonses.com",
        "source": "_email.unsubscribe",
        "message_id": "0100018c",
        **ENVELOPE,
    }


def test_the_id_in_an_event_about_no_campaign_or_journey_is_not_told_as_an_endpoints() -> None:
    for case in ("email_complaint", "email_unsubscribe"):
        (callback,) = told(record(case, attributes={}))
        assert "endpoint_id" not in callback.body
    (callback,) = told(record("sms_optout", attributes={"destination_phone_number": NUMBER}))
    assert "endpoint_id" not in callback.body


def test_a_mail_in_the_spam_folder_that_was_called_good_is_no_complaint() -> None:
    event = record("email_complaint")
    mail_event(event)["complaint"]["complaint_feedback_type"] = "not-spam"
    assert isinstance(parsed(event), OtherEvent)
    assert told(event) == []


def test_without_complained_recipients_the_destination_counts() -> None:
    event = record("email_complaint")
    mail_event(event)["complaint"] = {}
    (callback,) = told(event)
    assert (callback.body["address"], "feedback_type" in callback.body) == (REPORTER, False)


@pytest.mark.parametrize("case", ["email_complaint", "email_unsubscribe", "sms_optout"])
def test_an_event_that_comes_again_has_the_same_key_whatever_its_moment_and_case(case: str) -> None:
    first, again = told(record(case)), told(record(case, arrival_timestamp=1764999999999))
    assert [callback.key for callback in first] == [callback.key for callback in again]
    louder = json.loads(json.dumps(record(case)).replace("simulator", "SIMULATOR"))
    assert [callback.key for callback in told(louder)] == [callback.key for callback in first]


def test_keys_of_one_message_differ_by_what_is_told() -> None:
    keys = [
        callback.key
        for case in ("email_hardbounce", "email_complaint", "email_unsubscribe", "sms_optout")
        for callback in told(record(case))
    ]
    assert len(set(keys)) == 4
    assert all(set(key) <= KEY_CHARACTERS and len(key) <= 64 for key in keys)


def test_who_opts_out_again_is_told_again() -> None:
    attributes = {"destination_phone_number": NUMBER}
    one = told(record("sms_optout", attributes={**attributes, "message_id": "m-1"}))
    two = told(record("sms_optout", attributes={**attributes, "message_id": "m-2"}))
    assert one[0].key != two[0].key
    # Without a message it is the moment that tells them apart.
    three = told(record("sms_optout", attributes=attributes))
    four = told(record("sms_optout", attributes=attributes, arrival_timestamp=1764999999999))
    assert three[0].key != four[0].key


@pytest.mark.parametrize(
    ("case", "changes", "reason"),
    [
        ("email_complaint", {"facets": {}}, "an e-mail event without recipients"),
        ("email_unsubscribe", {"facets": {}}, "an e-mail event without recipients"),
        ("email_complaint", {"facets": []}, None),
        ("email_complaint", {"facets": [1]}, "facets is not an object"),
        ("sms_optout", {"attributes": {}}, "destination_phone_number is missing"),
    ],
)
def test_what_lacks_its_address_has_a_reason(case: str, changes: dict[str, Any], reason: str | None) -> None:
    with pytest.raises(MalformedRecord, match=reason or "without recipients"):
        parsed(record(case, **changes))


@pytest.mark.parametrize(
    ("recipients", "reason"),
    [
        (["text"], "a recipient that is no object"),
        ([{}], "email_address is missing"),
        ("text", "complained_recipients is not a list"),
    ],
)
def test_recipients_of_another_shape_have_a_reason(recipients: Any, reason: str) -> None:
    event = record("email_complaint")
    mail_event(event)["complaint"]["complained_recipients"] = recipients
    with pytest.raises(MalformedRecord, match=reason):
        parsed(event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["_email.hardbounce", "_email.complaint", "_email.unsubscribe", "_SMS.OPTOUT"])


@given(TYPES, JSON, JSON, JSON)
def test_whatever_an_event_holds_it_calls_for_something_or_has_a_reason(
    event_type: str, mail: Any, complaint: Any, attributes: Any
) -> None:
    event = {
        "event_type": event_type,
        "arrival_timestamp": 1,
        "attributes": attributes,
        "facets": {"email_channel": {"mail_event": {"mail": mail, "complaint": complaint}}},
    }
    try:
        callbacks = told(event)
    except MalformedRecord as malformed:
        callbacks = []
        reason = malformed.reason
    else:
        reason = ""
    assert callbacks or reason or event_type == "_email.complaint"
