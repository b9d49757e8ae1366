"""A handset's message is answered once, in turn, whatever fails on the way."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from patterns.two_way_sms.conversations import forget
from patterns.two_way_sms.inbound import conversation_id
from patterns.two_way_sms.responder import Reply
from tests.support.two_way_sms import (
    HANDSET,
    NOW,
    NUMBER,
    PATIENCE,
    Room,
    client_error,
    notification,
    record_id,
    room,
)


@pytest.fixture(name="here")
def fixture_here() -> Iterator[Room]:
    with room() as made:
        yield made


def test_a_message_is_answered_from_the_number_that_it_was_written_to(here: Room) -> None:
    assert here.process(notification("Hours?")) == []
    assert here.project.asked == [("send", (NUMBER, HANDSET, "re: Hours?"))]
    assert here.counts == {"Answered": 1}


def test_the_next_message_finds_the_state_that_the_last_one_left(here: Room) -> None:
    here.process(notification("one", message_id="a", at=NOW))
    here.process(notification("two", message_id="b", at=NOW + 1))
    assert [state for _, state, _ in here.bot.heard] == [{}, {"turns": 1}]


@pytest.mark.parametrize("body", ["", "👍"])
def test_a_message_without_a_word_is_the_responders_as_any_other(here: Room, body: str) -> None:
    assert here.process(notification(body)) == []
    assert here.sent == [f"re: {body}"]


def test_conversations_of_two_handsets_do_not_meet(here: Room) -> None:
    here.process(
        notification("one", message_id="a"), notification("two", message_id="b", sender="+14255550183")
    )
    assert [state for _, state, _ in here.bot.heard] == [{}, {}]
    assert here.counts == {"Answered": 2}


def test_a_message_that_comes_twice_is_answered_once_and_asked_once(here: Room) -> None:
    copy = {**notification(), "MessageId": "another-copy-of-sns"}
    here.process(notification())
    here.process(copy)
    here.process(notification(), copy)
    assert here.sent == ["re: Hours?"]
    assert len(here.bot.heard) == 1
    assert here.counts == {"Answered": 1, "Duplicates": 3}


def test_copies_in_one_batch_are_answered_once(here: Room) -> None:
    here.process(notification(), {**notification(), "MessageId": "another-copy-of-sns"})
    assert here.counts == {"Answered": 1, "Duplicates": 1}


def test_no_reply_leaves_the_state_and_sends_nothing(here: Room) -> None:
    here.bot.plan = [Reply("first", {"kept": True}), None]
    here.process(notification("one", message_id="a"))
    here.process(notification("two", message_id="b", at=NOW + 1))
    here.process(notification("three", message_id="c", at=NOW + 2))
    assert here.bot.heard[2][1] == {"kept": True}
    assert here.counts == {"Answered": 2, "Unanswered": 1}


def test_what_looks_like_a_template_stays_text(here: Room) -> None:
    here.bot.plan = ["Hello {{User.UserId}}"]
    here.process(notification())
    assert here.sent == ["Hello { {User.UserId}}"]


def test_a_reply_in_the_answers_own_store_is_gone_once_it_was_sent(here: Room) -> None:
    here.process(notification())
    message = here.items()["MESSAGE#in-1"]
    assert "text" not in message
    assert message["done"] == {"BOOL": True}
    assert HANDSET not in json.dumps(here.items())


# One at a time, in order.


def test_messages_of_a_batch_are_answered_in_the_order_of_their_times(here: Room) -> None:
    here.process(
        notification("three", message_id="c", at=NOW + 2),
        notification("one", message_id="a", at=NOW),
        notification("two", message_id="b", at=NOW + 1),
    )
    assert here.sent == ["re: one", "re: two", "re: three"]


def test_a_message_waits_while_another_of_its_conversation_is_worked_on(here: Room) -> None:
    second = notification("two", message_id="b", at=NOW + 1)
    waiting: list[list[str]] = []
    here.bot.during = lambda: waiting.append(here.process(second))
    here.process(notification("one", message_id="a"))
    here.bot.during = lambda: None
    assert waiting == [[record_id(second)]]
    here.process(second)
    assert here.sent == ["re: one", "re: two"]


def test_who_waits_has_its_turn_in_the_order_of_times(here: Room) -> None:
    second, third = (
        notification(body, message_id=body, at=NOW + at) for body, at in (("two", 1), ("three", 2))
    )
    here.bot.during = lambda: here.process(third) and here.process(second)
    here.process(notification("one", message_id="a"))
    here.bot.during = lambda: None
    assert here.process(third) == [record_id(third)]
    assert here.process(second) == []
    assert here.process(third) == []
    assert here.sent == ["re: one", "re: two", "re: three"]


@pytest.mark.parametrize("order", list(itertools.permutations(("x", "y", "z"))))
def test_who_waits_has_its_turn_however_a_batch_is_ordered_that_is_of_one_moment(
    here: Room, order: tuple[str, ...]
) -> None:
    waiting = [notification(body, message_id=body, at=NOW + 1) for body in order]
    here.bot.during = lambda: [here.process(each) for each in waiting]
    here.process(notification("one", message_id="a"))
    here.bot.during = lambda: None
    assert here.process(*waiting) == []
    assert sorted(here.sent) == ["re: one", "re: x", "re: y", "re: z"]


def test_an_older_message_that_never_comes_again_holds_up_nobody_for_ever(here: Room) -> None:
    second, third = (
        notification(body, message_id=body, at=NOW + at) for body, at in (("two", 1), ("three", 2))
    )
    here.bot.during = lambda: here.process(second)
    here.process(notification("one", message_id="a"))
    here.bot.during = lambda: None
    assert here.process(third) == [record_id(third)]
    assert here.process(third, receives=60) == []
    assert here.process(notification("four", message_id="d", at=NOW + 3)) == []
    assert here.sent == ["re: one", "re: three", "re: four"]


def test_a_message_that_is_to_come_again_keeps_its_turn(here: Room) -> None:
    here.project.sends = ["THROTTLED"]
    first, second = notification("one", message_id="a"), notification("two", message_id="b", at=NOW + 1)
    assert here.process(first) == [record_id(first)]
    assert here.process(second) == [record_id(second)]
    assert here.process(first) == []
    assert here.process(second) == []
    assert here.sent == ["re: one", "re: two"]


def test_a_worker_that_died_loses_its_turn_when_its_lease_is_over(here: Room) -> None:
    here.worker.answering.conversations.take(conversation_id(HANDSET, NUMBER), "a dead worker's", 0)
    assert len(here.process(notification())) == 1
    here.later()
    assert here.process(notification()) == []
    assert here.sent == ["re: Hours?"]


def test_a_message_waits_for_its_turn_for_so_long_and_then_is_dead(here: Room) -> None:
    here.worker.answering.conversations.take(conversation_id(HANDSET, NUMBER), "somebody", 0)
    here.process(notification(), waited=PATIENCE + 1)
    ((_, reason),) = here.dead()
    assert reason == "waited_too_long: for its turn"
    assert "waiting" not in here.items()["CONVERSATION"]


def test_a_late_message_is_answered_and_does_not_move_the_state_back(here: Room) -> None:
    here.process(notification("new", message_id="b", at=NOW + 5))
    here.process(notification("old", message_id="a", at=NOW))
    here.process(notification("next", message_id="c", at=NOW + 6))
    assert here.sent == ["re: new", "re: old", "re: next"]
    assert here.bot.heard == [("new", {}, False), ("old", {"turns": 1}, True), ("next", {"turns": 1}, False)]


# What fails.


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (KeyError("secret"), "responder_raised: KeyError"),
        (Reply("x" * 1601), "responder_reply_invalid: text has 1601 characters, at most 1600 are sent"),
        (Reply("x" * 460), "responder_reply_invalid: text has 4 parts, at most 3 are sent"),
        (Reply("ok", {"bad": {1, 2}}), "responder_reply_invalid: state must hold what JSON can hold"),
    ],
)
def test_a_responder_that_fails_is_asked_again_and_then_its_message_is_dead_with_the_reason(
    here: Room, fault: Any, reason: str
) -> None:
    here.bot.plan = [fault] * 3
    message = notification()
    for _ in range(2):
        assert here.process(message) == [record_id(message)]
        here.later()
    assert here.process(message) == []
    ((_, told),) = here.dead()
    assert told == reason
    assert here.sent == []


def test_a_responder_that_recovers_answers(here: Room) -> None:
    here.bot.plan = [ValueError()]
    here.process(notification())
    here.later()
    here.process(notification())
    assert here.sent == ["re: Hours?"]


def test_a_dead_message_is_tried_anew_once_it_is_put_back(here: Room) -> None:
    here.bot.plan = [ValueError()] * 3
    for _ in range(3):
        here.process(notification())
        here.later()
    ((body, _),) = here.dead()
    here.bot.plan = [ValueError()]
    again = json.loads(body)
    assert here.process(again) == [record_id(again)]
    here.later()
    assert here.process(again) == []
    assert here.sent == ["re: Hours?"]


def test_a_refused_reply_is_sent_anew_once_it_is_put_back_and_not_thought_of_anew(here: Room) -> None:
    here.project.sends = ["PERMANENT_FAILURE"]
    here.process(notification())
    ((body, reason),) = here.dead()
    assert reason == "send_permanent_failure_200"
    here.process(json.loads(body))
    assert here.sent == ["re: Hours?"]
    assert len(here.bot.heard) == 1


@pytest.mark.parametrize(
    "lost",
    [
        "UNKNOWN_FAILURE",
        "",
        ReadTimeoutError(endpoint_url="x"),
        client_error("InternalServerErrorException", 500),
    ],
)
def test_a_reply_whose_answer_was_lost_is_unknown_and_never_sent_again(here: Room, lost: Any) -> None:
    here.project.sends = [lost]
    here.process(notification())
    here.process({**notification(), "MessageId": "another-copy-of-sns"})
    assert here.sent == []
    assert here.counts == {"Unknown": 1, "Duplicates": 1}
    assert here.dead() == []


def test_a_worker_that_dies_while_it_sends_leaves_an_unknown_one(here: Room) -> None:
    class Died(BaseException):
        pass

    here.project.sends = [Died()]
    with pytest.raises(Died):
        here.process(notification())
    here.later()
    here.process(notification())
    assert here.counts == {"Unknown": 1}
    assert here.sent == []


@pytest.mark.parametrize(
    "not_now",
    [
        "THROTTLED",
        "TEMPORARY_FAILURE",
        client_error("TooManyRequestsException", 429),
        client_error("ForbiddenException", 403),
        EndpointConnectionError(endpoint_url="x"),
    ],
)
def test_a_reply_that_surely_was_not_sent_is_sent_again(here: Room, not_now: Any) -> None:
    here.project.sends = [not_now]
    assert len(here.process(notification())) == 1
    here.later()
    assert here.process(notification()) == []
    assert here.sent == ["re: Hours?"]
    assert len(here.bot.heard) == 1


def test_sends_are_tried_so_often_and_then_the_message_is_dead(here: Room) -> None:
    here.project.sends = ["TEMPORARY_FAILURE"] * 3
    for _ in range(3):
        here.process(notification())
        here.later()
    ((_, reason),) = here.dead()
    assert reason == "retries_exhausted: temporary_failure"


@pytest.mark.parametrize("refusal", ["PERMANENT_FAILURE", client_error("BadRequestException")])
def test_a_reply_that_is_refused_for_good_is_dead_at_once(here: Room, refusal: Any) -> None:
    here.project.sends = [refusal]
    assert here.process(notification()) == []
    assert len(here.dead()) == 1
    assert here.counts == {"Failed": 1}


def test_a_handset_on_the_numbers_opt_out_list_gets_nothing_and_that_is_no_failure(here: Room) -> None:
    here.project.sends = ["OPT_OUT"]
    here.process(notification())
    assert here.counts == {"Withheld": 1}
    assert here.dead() == []


def test_a_message_that_waited_too_long_is_dead_and_not_answered(here: Room) -> None:
    here.process(notification(), waited=PATIENCE + 1)
    ((_, reason),) = here.dead()
    assert (reason, here.bot.heard) == ("waited_too_long", [])


def test_a_table_that_is_away_costs_no_message(here: Room) -> None:
    update = here.dynamodb.update_item
    here.dynamodb.update_item = lambda **_: (_ for _ in ()).throw(client_error("InternalServerError", 500))
    message = notification()
    assert here.process(message) == [record_id(message)]
    here.dynamodb.update_item = update
    assert here.process(message) == []
    assert here.sent == ["re: Hours?"]


def test_an_erased_conversation_leaves_nothing_but_that_nothing_is_wanted(here: Room) -> None:
    here.process(notification("one", message_id="a"), notification("STOP", message_id="b", at=NOW + 1))
    conversation = conversation_id(HANDSET, NUMBER)
    assert forget(here.dynamodb, "conversations", conversation) == 3
    assert set(here.items()) == {"CONSENT"}
    assert forget(here.dynamodb, "conversations", conversation, opt_out_too=True) == 1
    assert here.items() == {}
