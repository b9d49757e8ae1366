"""Files of recipients: worked off in pieces, each line a recipient of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from patterns.send_message.requests import MessageRequest, Recipient, RecipientsFile, Template
from tests.support.message_room import BUCKET, MessageRoom, message_room

PAGE = (Path(__file__).resolve().parents[3] / "docs/patterns/send-message.md").read_text()
KEY = "recipients/list.jsonl"


@pytest.fixture
def room() -> Iterator[MessageRoom]:
    with message_room(piece=2_000) as made:
        yield made


def put(room: MessageRoom, content: bytes) -> None:
    room.s3.put_object(Bucket=BUCKET, Key=KEY, Body=content)


def request(request_id: str = "r", version: str = "") -> MessageRequest:
    return MessageRequest(
        request_id, "EMAIL", recipients_file=RecipientsFile(KEY, version), template=Template("welcome")
    )


def lines(*names: str) -> bytes:
    return b"".join(Recipient(address=f"{name}@x.org").to_line().encode() + b"\n" for name in names)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\n"], ids=["none", "one", "several"])
def test_every_line_is_sent_to_once_and_has_its_number(room: MessageRoom, end: bytes) -> None:
    put(room, lines(*(f"p{n}" for n in range(200)))[:-1] + end)
    room.ask(request())
    room.run()
    assert room.statuses() == {"SENT": 200}
    assert max(room.project.sent.values()) == 1
    assert {detail["recipient"]["position"] for detail in room.bus.details} == set(range(200))
    assert room.queue.dead == []


def test_a_file_is_read_a_piece_an_invocation(room: MessageRoom) -> None:
    content = lines(*(f"p{n}" for n in range(200)))
    put(room, content)
    room.ask(request())
    assert room.once() == 1
    part, rest = (json.loads(message.body) for message in room.queue.waiting.values())
    whole = content[:2_000].count(b"\n")
    assert (len(part["recipients"]), rest["continues"]["line"]) == (whole, whole)


@pytest.mark.parametrize("piece", [2_000, 1_000_000])
def test_a_bad_line_fails_alone_with_its_reason(piece: int) -> None:
    long = Recipient(address="long@x.org", context={"a": "x" * 150_000}).to_line().encode() + b"\n"
    bad = b'not json\n[1]\n{"defect": "mine"}\n\xff\n\n{"address": "a"}\n'
    with message_room(piece=piece) as room:
        put(room, lines("first") + bad + long + lines("last"))
        room.ask(request())
        room.run()
        reasons = [reason for _, reason in room.results()]
    assert reasons == [
        "",
        "recipient_is_not_json",
        "recipient_is_not_an_object",
        "recipient_has_unknown_members",
        "recipient_is_not_json",
        "invalid_address",
        "recipient_is_too_large",
        "",
    ]
    assert all(f"`{reason}`" in PAGE for reason in reasons if reason)


def test_a_line_longer_than_a_piece_ends_the_file_as_well_as_it_begins_it(room: MessageRoom) -> None:
    put(room, b"x" * 5_000 + b"\n" + lines("middle") + b"y" * 5_000)
    room.ask(request())
    room.run()
    assert room.results() == [
        ("FAILED", "recipient_is_too_large"),
        ("SENT", ""),
        ("FAILED", "recipient_is_too_large"),
    ]


def test_an_address_that_stands_in_a_file_twice_is_sent_to_once(room: MessageRoom) -> None:
    put(room, lines("same", *(f"p{n}" for n in range(100)), "same"))
    room.ask(request())
    room.run()
    assert room.project.sent["same@x.org"] == 1
    assert room.results()[-1] == ("LEFT_OUT", "address_of_another_recipient")


def test_a_piece_that_is_cut_twice_is_sent_to_once(room: MessageRoom) -> None:
    put(room, lines(*(f"p{n}" for n in range(100))))
    room.ask(request())
    records = room.queue.receive(1)
    room.worker.process(records)
    room.worker.process(records)
    room.queue.waiting.pop(records[0]["messageId"])
    room.run()
    assert max(room.project.sent.values()) == 1
    assert len({detail["result_id"] for detail in room.bus.details}) == 100


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "the object does not exist"), (b"", "the object is empty"), (b"\n\n", "holds no recipient")],
)
def test_a_file_that_is_not_there_is_a_dead_letter(
    room: MessageRoom, content: bytes | None, reason: str
) -> None:
    if content is not None:
        put(room, content)
    room.ask(request())
    room.run()
    ((_, told),) = room.queue.dead
    assert told.startswith("recipients_file: ")
    assert told.endswith(reason) or reason in told


def test_a_dead_letter_of_a_file_that_came_late_may_be_moved_back(room: MessageRoom) -> None:
    room.ask(request())
    room.run()
    ((body, _),) = room.queue.dead
    put(room, lines("a"))
    room.queue.put(body)
    room.run()
    assert room.statuses() == {"SENT": 1}


def test_a_file_that_changes_while_it_is_worked_on_is_not_mixed_up(room: MessageRoom) -> None:
    put(room, lines(*(f"p{n}" for n in range(200))))
    room.ask(request())
    room.once()
    put(room, lines(*(f"q{n}" for n in range(200))))
    room.run()
    ((_, reason),) = room.queue.dead
    assert reason == "recipients_file: the object changed while it was worked on"
    assert not any(address.startswith("q") for address in room.project.sent)


def test_in_a_bucket_with_versions_work_goes_on_with_the_one_that_was_there(room: MessageRoom) -> None:
    room.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    put(room, lines(*(f"p{n}" for n in range(200))))
    room.ask(request())
    room.once()
    put(room, lines("q"))
    room.run()
    assert (room.statuses(), room.project.sent["q@x.org"]) == ({"SENT": 200}, 0)


def test_a_bucket_that_is_down_is_waited_for(room: MessageRoom) -> None:
    put(room, lines("a"))
    get = room.s3.get_object
    failures = [ConnectionError()] * 3

    def flaky(**asked: object) -> object:
        if failures:
            raise failures.pop()
        return get(**asked)

    room.s3.get_object = flaky
    room.ask(request())
    room.run()
    assert room.statuses() == {"SENT": 1}
