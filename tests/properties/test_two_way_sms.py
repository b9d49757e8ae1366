"""Handsets' messages in any order, as often as it may be: each answered once, and none after an opt-out."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns.two_way_sms.inbound import Inbound, Unreadable, inbound_from_json, put_back
from tests.support.two_way_sms import HANDSET, NOW, TEXTS, Room, notification, record_id, room

OTHER_HANDSET = "+14255550183"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def deliveries(draw: st.DrawFn, bodies: st.SearchStrategy[str] | None = None) -> list[list[dict[str, Any]]]:
    """Batches of a queue: some messages of two handsets, in any order, some of them several times.

    The times of two messages may be the same. Without bodies, each message says something else.
    """
    copies: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 4))):
        body = notification(
            f"text {number}" if bodies is None else draw(bodies),
            message_id=f"in-{number}",
            at=NOW - draw(st.integers(0, 3)),
            sender=draw(st.sampled_from([HANDSET, OTHER_HANDSET])) if bodies is None else HANDSET,
        )
        times = draw(st.integers(1, 2))
        copies += [{**body, "MessageId": f"sns-{number}{copy:03d}"} for copy in range(times)]
    shuffled = draw(st.permutations(copies))
    size = draw(st.integers(1, 10))
    return [shuffled[start : start + size] for start in range(0, len(shuffled), size)]


def deliver(here: Room, batches: list[list[dict[str, Any]]]) -> None:
    """Hand out each batch, and what comes again until nothing does."""
    for batch in batches:
        left, receives = batch, 1
        while left:
            again = set(here.process(*left, receives=receives))
            left = [body for body in left if record_id(body) in again]
            receives += 1
            here.later(10.0)
            assert receives < 100, "a message comes again for ever"


@pytest.fixture(scope="module")
def here() -> Iterator[Room]:
    """One for all examples: to make its tables takes longer than most of them."""
    with room() as made:
        yield made


def emptied(here: Room) -> Room:
    """As if nobody had written yet."""
    for table, keys in (("conversations", ("pk", "sk")), ("ledger", ("pk",))):
        for item in here.dynamodb.scan(TableName=table)["Items"]:
            here.dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})
    for kept in (here.bot.heard, here.project.asked, here.phones.numbers, here.counts):
        kept.clear()
    here.now[0] = NOW
    return here


def messages(batches: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What the handsets wrote, as often as it is delivered."""
    return [json.loads(body["Message"]) for batch in batches for body in batch]


@settings(max_examples=12, deadline=None)
@given(batches=deliveries())
def test_each_message_is_answered_once_in_whatever_order_and_however_often_it_comes(
    here: Room, batches: list[list[dict[str, Any]]]
) -> None:
    emptied(here)
    said = {message["messageBody"] for message in messages(batches)}
    deliver(here, batches)
    assert sorted(here.sent) == sorted(f"re: {body}" for body in said)
    assert sorted(body for body, _, _ in here.bot.heard) == sorted(said)
    assert here.counts["Answered"] == len(said)
    assert here.counts["Duplicates"] == len(messages(batches)) - len(said)
    assert here.dead() == []


@settings(max_examples=12, deadline=None)
@given(batches=deliveries(st.sampled_from(["STOP", "START", "HELP", "hours", "Please don't stop"])))
def test_what_follows_the_confirmation_of_an_opt_out_is_a_confirmation(
    here: Room, batches: list[list[dict[str, Any]]]
) -> None:
    emptied(here)
    bodies = [body for batch in batches for body in batch]
    texts = [message["messageBody"] for message in messages(batches)]
    orders = [
        (body["Timestamp"], text == "STOP")
        for body, text in zip(bodies, texts, strict=True)
        if text in ("STOP", "START")
    ]
    deliver(here, batches)
    for before, after in pairwise(here.sent):
        assert before != TEXTS.opted_out or after in (TEXTS.opted_out, TEXTS.opted_in)
    # Of the orders the newest counts; at the same moment, the opt-out.
    opted_out = bool(orders) and max(orders)[1]
    assert (HANDSET in here.phones.numbers) == opted_out
    kept = here.items().get("CONSENT", {}).get("opted_out", {"BOOL": False})
    assert kept == {"BOOL": opted_out}


@settings(max_examples=6, deadline=None)
@given(batches=deliveries())
def test_while_a_handset_is_answered_none_of_its_other_messages_is(
    here: Room, batches: list[list[dict[str, Any]]]
) -> None:
    emptied(here)
    everything = [body for batch in batches for body in batch]
    sender_of = {one["messageBody"]: one["originationNumber"] for one in messages(batches)}
    tried: list[str] = []

    def meanwhile() -> None:
        # Another worker is given all that this handset wrote, just now.
        text = here.bot.heard[-1][0]
        mine = [
            body
            for body, one in zip(everything, messages(batches), strict=True)
            if one["originationNumber"] == sender_of[text]
        ]
        assert len(here.process(*mine)) == len(mine)
        tried.append(text)

    here.bot.during = meanwhile
    try:
        # One after the other, so that what was heard last is what is being answered.
        deliver(here, [[body] for body in everything])
    finally:
        here.bot.during = lambda: None
    assert sorted(tried) == sorted(sender_of)
    assert sorted(here.sent) == sorted(f"re: {text}" for text in sender_of)


@settings(max_examples=120, deadline=None)
@given(body=st.text() | st.builds(json.dumps, anything))
def test_whatever_the_queue_holds_is_read_or_said_to_be_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        inbound_from_json(body)


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(["originationNumber", "destinationNumber", "messageBody", "inboundMessageId"]),
    value=anything,
    around=st.dictionaries(st.sampled_from(["Type", "Timestamp", "Generation", "Message"]), anything),
)
def test_a_message_with_anything_for_a_member_is_read_or_unreadable_and_read_again_once_put_back(
    name: str, value: object, around: dict[str, Any]
) -> None:
    envelope = notification()
    text = json.dumps(
        {**envelope, "Message": json.dumps({**json.loads(envelope["Message"]), name: value}), **around}
    )
    try:
        found = inbound_from_json(text)
    except Unreadable:
        return
    again = inbound_from_json(put_back(text))
    assert again == Inbound(**{**found.__dict__, "generation": found.generation + 1})


@settings(max_examples=8, deadline=None)
@given(bodies=st.lists(st.text(max_size=20) | st.builds(json.dumps, anything), min_size=1, max_size=8))
def test_of_a_batch_each_record_ends_once_whatever_it_is(here: Room, bodies: list[str]) -> None:
    emptied(here)
    assert here.process(*bodies, notification("good")) == []
    assert sorted(body for body, _ in here.dead()) == sorted(bodies)
    assert here.sent == ["re: good"]
