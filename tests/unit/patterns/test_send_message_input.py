"""What bad input gets: each row of the page's two tables."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from patterns.send_message.requests import MessageRequest, Recipient, RecipientsFile, Template
from tests.support.message_room import MessageRoom, message_room

PAGE = (Path(__file__).resolve().parents[3] / "docs/patterns/send-message.md").read_text()
GOOD: dict[str, Any] = {
    "request_id": "r",
    "channel": "EMAIL",
    "recipients": [{"address": "a@x.org"}],
    "template": {"name": "welcome"},
}


@pytest.fixture
def room() -> Iterator[MessageRoom]:
    with message_room() as made:
        yield made


def without(name: str) -> dict[str, Any]:
    return {member: value for member, value in GOOD.items() if member != name}


# The request, what its reason begins with, and how the page calls it.
MALFORMED: list[tuple[Any, str, str]] = [
    ("{", "the body is not JSON", "not JSON"),
    ("[" * 100_000, "the body is not JSON", "not JSON"),
    ("[]", "the body is not a JSON object", "no JSON object"),
    ({**GOOD, "to": "a@x.org"}, "1 members are unknown", "an unknown member"),
    (without("request_id"), "request_id must be", "no `request_id`"),
    ({**GOOD, "request_id": "a b"}, "request_id must be", "no `request_id`"),
    ({**GOOD, "request_id": "x" * 129}, "request_id must be", "no `request_id`"),
    ({**GOOD, "request_id": 7}, "request_id must be", "no `request_id`"),
    (without("channel"), "channel must be EMAIL or SMS or VOICE", "a `channel`"),
    ({**GOOD, "channel": "FAX"}, "channel must be", "a `channel`"),
    ({**GOOD, "channel": "PUSH"}, "channel must be", "a `channel`"),
    ({**GOOD, "channel": ["EMAIL"]}, "channel must be", "a `channel`"),
    (without("recipients"), "give either recipients or recipients_file", "no recipients"),
    ({**GOOD, "recipients": []}, "recipients must be a list that is not empty", "no recipients"),
    ({**GOOD, "recipients": {"a@x.org": {}}}, "recipients must be a list", "no recipients"),
    ({**GOOD, "recipients_file": {"key": "recipients/a"}}, "give either recipients", "no recipients"),
    ({**without("recipients"), "recipients_file": {"key": "a"}}, "recipients_file must have a key", "a file"),
    ({**without("recipients"), "recipients_file": "recipients/a"}, "recipients_file must have", "a file"),
    (without("template"), "there is nothing to send", "neither template nor message"),
    ({**without("template"), "message": {"FromAddress": "a@x.org"}}, "there is nothing", "neither template"),
    ({**GOOD, "template": "welcome"}, "template must be an object", "a template"),
    ({**GOOD, "template": {"name": "a b"}}, "template.name must be", "a template"),
    ({**GOOD, "template": {"name": "a", "version": 2}}, "template.version must be", "a template"),
    ({**GOOD, "message": "hello"}, "message must be an object", "a `message`"),
    ({**GOOD, "message": {"Boddy": "hello"}}, "message is no EmailMessage: Unknown parameter", "a `message`"),
    ({**GOOD, "message": {"Body": ["hello"]}}, "message is no EmailMessage: Invalid type", "a `message`"),
    ({**GOOD, "substitutions": {"Name": [1]}}, "substitutions must be an object of lists", "`substitutions`"),
    ({**GOOD, "substitutions": []}, "substitutions must be an object of lists", "`substitutions`"),
    ({**GOOD, "context": {"job": 1}}, "context must be an object of texts", "`substitutions`"),
    ({**GOOD, "context": {"job": "x" * 5_000}}, "context must be an object of texts", "`substitutions`"),
    ({**GOOD, "continues": {"accepted_at": "now"}}, "continues was not written by the sender", "`continues`"),
    ({**GOOD, "continues": {"accepted_at": 1, "offset": -1}}, "continues was not written", "`continues`"),
    ({**GOOD, "continues": {"accepted_at": float("nan")}}, "continues was not written", "`continues`"),
]


@pytest.mark.parametrize(("request_", "reason", "row"), MALFORMED)
def test_a_malformed_request_waits_among_the_dead_letters_with_the_reason(
    room: MessageRoom, request_: Any, reason: str, row: str
) -> None:
    room.ask(request_, {**GOOD, "request_id": "good"})
    room.run()
    ((body, told),) = room.queue.dead
    assert told.startswith(reason)
    assert body == (request_ if isinstance(request_, str) else json.dumps(request_))
    assert room.statuses() == {"SENT": 1}
    assert f"| {row}" in PAGE


def test_a_reason_quotes_nothing_of_a_message(room: MessageRoom) -> None:
    room.ask({**GOOD, "message": {"Body": {"secret": "4711\n4712"}}})
    room.run()
    ((_, told),) = room.queue.dead
    assert told == "message is no EmailMessage: Invalid type for parameter Body"


BAD_RECIPIENTS: list[tuple[Any, str]] = [
    ("a@x.org", "recipient_is_not_an_object"),
    ({}, "recipient_names_nobody"),
    ({"address": ""}, "recipient_names_nobody"),
    ({"address": "a@x.org", "user_id": "u"}, "recipient_names_several"),
    ({"endpoint_id": "e", "user_id": "u"}, "recipient_names_several"),
    ({"address": "a@x.org", "name": "A"}, "recipient_has_unknown_members"),
    ({"address": "b@x.org", "position": 3}, "recipient_has_unknown_members"),
    ({"address": ["a@x.org"]}, "recipient_has_members_of_a_wrong_type"),
    ({"address": "a.x.org"}, "invalid_address"),
    ({"address": "a b@x.org"}, "invalid_address"),
    ({"address": "a\ud800@x.org"}, "invalid_address"),
    ({"address": "+14255550100", "channel": "SMS"}, "invalid_channel"),
    ({"endpoint_id": "{e}"}, "invalid_id"),
    ({"user_id": "x" * 257}, "invalid_id"),
    ({"address": "a@x.org", "substitutions": {"Name": 1}}, "invalid_substitutions"),
    ({"address": "a@x.org", "substitutions": ["Name"]}, "invalid_substitutions"),
    ({"address": "a@x.org", "context": {"row": 1}}, "invalid_context"),
    ({"address": "a@x.org", "context": {"row": "x" * 4_000}}, "invalid_context"),
]


@pytest.mark.parametrize(("recipient", "reason"), BAD_RECIPIENTS)
def test_a_bad_recipient_fails_alone_with_its_reason(room: MessageRoom, recipient: Any, reason: str) -> None:
    room.ask({**GOOD, "recipients": [{"address": "good@x.org"}, recipient]})
    room.run()
    assert room.results() == [("SENT", ""), ("FAILED", reason)]
    assert room.queue.dead == []
    assert f"`{reason}`" in PAGE


@pytest.mark.parametrize(
    ("channel", "address"), [("SMS", "4255550100"), ("SMS", "+0425"), ("VOICE", "a@x.org")]
)
def test_a_phone_number_is_in_e164_form(room: MessageRoom, channel: str, address: str) -> None:
    room.ask({**GOOD, "channel": channel, "recipients": [{"address": address}, {"address": "+14255550100"}]})
    room.run()
    assert room.results() == [("FAILED", "invalid_address"), ("SENT", "")]


def test_a_push_token_says_its_channel() -> None:
    with message_room(push=True) as room:
        recipients = [
            {"address": "t1", "channel": "GCM"},
            {"address": "t2"},
            {"address": "t 3", "channel": "APNS"},
        ]
        message = {"Title": "Hi", "Body": "there"}
        room.ask({**without("template"), "channel": "PUSH", "recipients": recipients, "message": message})
        room.run()
        assert room.results() == [
            ("SENT", ""),
            ("FAILED", "invalid_channel"),
            ("FAILED", "invalid_address"),
        ]
        (call,) = room.project.calls
        assert call["MessageConfiguration"] == {"DefaultPushNotificationMessage": message}
        assert call["Addresses"]["t1"]["ChannelType"] == "GCM"


def test_a_single_text_serves_as_a_value(room: MessageRoom) -> None:
    room.ask({**GOOD, "recipients": [{"address": "a@x.org", "substitutions": {"Name": "Ann"}}]})
    room.run()
    assert room.project.calls[0]["Addresses"]["a@x.org"]["Substitutions"] == {"Name": ["Ann"]}


def test_what_the_dataclasses_write_is_what_the_worker_reads(room: MessageRoom) -> None:
    room.ask(
        MessageRequest(
            request_id="order-1",
            channel="SMS",
            recipients=[
                Recipient(address="+14255550100", substitutions={"Day": ("1", "2")}, context={"a": "b"})
            ],
            template=Template("reminder", "3"),
            message={"MessageType": "TRANSACTIONAL"},
            substitutions={"Name": ["you"]},
            context={"job": "j"},
        )
    )
    room.run()
    (call,) = room.project.calls
    assert call == {
        "MessageConfiguration": {"SMSMessage": {"MessageType": "TRANSACTIONAL"}},
        "TemplateConfiguration": {"SMSTemplate": {"Name": "reminder", "Version": "3"}},
        "Addresses": {
            "+14255550100": {
                "ChannelType": "SMS",
                "Substitutions": {"Name": ["you"], "Day": ["1", "2"]},
                "Context": {"job": "j", "a": "b", "request_id": "order-1"},
            }
        },
    }


def test_a_file_is_named_by_its_key_and_version() -> None:
    request = MessageRequest("r", "EMAIL", recipients_file=RecipientsFile("recipients/a", "v1"))
    assert json.loads(request.to_json())["recipients_file"] == {"key": "recipients/a", "version_id": "v1"}
