"""STOP, START and HELP: kept before they are confirmed, and answered by us or by AWS, never by both."""

from collections.abc import Iterator

import pytest

from patterns.two_way_sms.endpoints import derived_id
from tests.support.two_way_sms import HANDSET, NOW, NUMBER, TEXTS, Room, client_error, notification, room


@pytest.fixture(name="ours")
def fixture_ours() -> Iterator[Room]:
    with room("self") as made:
        yield made


@pytest.fixture(name="aws")
def fixture_aws() -> Iterator[Room]:
    with room("aws") as made:
        yield made


def write(here: Room, body: str, after: float = 0.0, keyword: str = "KEYWORD_123456789012") -> list[str]:
    here.now[0] += 1
    return here.process(
        notification(body, message_id=f"in-{body.encode().hex()}-{after}", at=NOW + after, keyword=keyword)
    )


def test_an_opt_out_is_kept_in_the_project_before_it_is_confirmed_and_then_on_the_list(ours: Room) -> None:
    write(ours, "Stop!")
    assert ours.project.asked == [
        ("endpoint", "ALL"),
        ("event", "two_way_sms.opt_out"),
        ("send", (NUMBER, HANDSET, TEXTS.opted_out)),
        ("list", "put"),
    ]
    assert ours.project.endpoints == {
        derived_id(HANDSET): {"ChannelType": "SMS", "Address": HANDSET, "OptOut": "ALL"}
    }
    assert ours.bot.heard == []


def test_who_opted_out_gets_nothing_more_and_the_responder_hears_nothing(ours: Room) -> None:
    write(ours, "STOP")
    for after, body in enumerate(("hours", "HELP", "info"), 1):
        write(ours, body, after)
    assert ours.sent == [TEXTS.opted_out]
    assert ours.bot.heard == []
    assert ours.counts == {"Answered": 1, "Withheld": 3}


def test_who_opts_in_again_comes_off_the_list_first_and_is_answered_again(ours: Room) -> None:
    write(ours, "STOP")
    ours.project.asked.clear()
    write(ours, "start", 1)
    assert ours.project.asked == [
        ("list", "delete"),
        ("endpoint", "NONE"),
        ("event", "two_way_sms.opt_in"),
        ("send", (NUMBER, HANDSET, TEXTS.opted_in)),
    ]
    write(ours, "hours", 2)
    assert ours.sent[-1] == "re: hours"


def test_somebody_who_is_on_no_list_may_opt_in(ours: Room) -> None:
    write(ours, "UNSTOP")
    assert ours.sent == [TEXTS.opted_in]


def test_an_opt_out_that_the_project_does_not_take_is_not_confirmed_until_it_does(ours: Room) -> None:
    ours.project.endpoint_error = client_error("InternalServerErrorException", 500)
    assert len(write(ours, "STOP")) == 1
    assert ours.sent == []
    ours.later()
    ours.project.endpoint_error, ours.project.event_code = None, 500
    assert len(write(ours, "STOP")) == 1
    assert ours.sent == []
    ours.later()
    ours.project.event_code = 202
    assert write(ours, "STOP") == []
    assert ours.sent == [TEXTS.opted_out]


def test_nothing_is_sent_between_an_opt_out_and_its_record_in_the_project(ours: Room) -> None:
    write(ours, "one")
    ours.project.endpoint_error = client_error("InternalServerErrorException", 500)
    write(ours, "STOP", 1)
    ours.later()
    # Its turn has passed for long; another message is let in.
    write(ours, "two", 2)
    assert ours.sent == ["re: one"]
    assert ours.counts["Withheld"] == 1


def test_a_confirmation_that_fails_takes_nothing_back(ours: Room) -> None:
    ours.project.sends = ["PERMANENT_FAILURE"]
    write(ours, "STOP")
    assert ours.phones.numbers == {HANDSET}
    assert len(ours.dead()) == 1
    write(ours, "hours", 1)
    assert ours.counts == {"Failed": 1, "Withheld": 1}


def test_a_list_that_keeps_a_number_leaves_it_opted_out_and_says_why(ours: Room) -> None:
    write(ours, "STOP")
    ours.phones.refusal = client_error("ValidationException", Reason="PHONE_NUMBER_CANNOT_BE_OPTED_IN")
    write(ours, "START", 1)
    ((_, reason),) = ours.dead()
    assert reason == "opt_in_refused: PHONE_NUMBER_CANNOT_BE_OPTED_IN"
    assert ours.project.endpoints[derived_id(HANDSET)]["OptOut"] == "ALL"
    write(ours, "hours", 2)
    assert ours.sent == [TEXTS.opted_out]


def test_a_late_opt_out_does_not_undo_a_newer_opt_in_nor_the_other_way_round(ours: Room) -> None:
    write(ours, "START", 5)
    write(ours, "STOP", 1)
    assert ours.project.endpoints[derived_id(HANDSET)]["OptOut"] == "NONE"
    write(ours, "STOP", 9)
    write(ours, "START", 7)
    assert ours.project.endpoints[derived_id(HANDSET)]["OptOut"] == "ALL"
    assert ours.sent == [TEXTS.opted_in, TEXTS.opted_out]


def test_of_two_at_the_same_moment_the_opt_out_counts(ours: Room) -> None:
    write(ours, "STOP", 1)
    write(ours, "START", 1)
    assert ours.project.endpoints[derived_id(HANDSET)]["OptOut"] == "ALL"


@pytest.mark.parametrize(
    "body", ["please don't stop", "stop the car", "can you help me", "start over", "ends"]
)
def test_a_word_within_a_sentence_is_no_order(ours: Room, body: str) -> None:
    write(ours, body)
    assert ours.sent == [f"re: {body}"]


def test_help_is_answered_without_the_responder(ours: Room) -> None:
    write(ours, "help", keyword="HELP")
    assert (ours.sent, ours.bot.heard) == ([TEXTS.help], [])


def test_an_opt_out_is_kept_for_ever_and_its_end_for_a_while(ours: Room) -> None:
    write(ours, "STOP")
    assert "ttl" not in ours.items()["CONSENT"]
    write(ours, "START", 1)
    assert "ttl" in ours.items()["CONSENT"]


def test_without_a_list_end_user_messaging_is_left_alone() -> None:
    with room("self", opt_out_list=False) as here:
        write(here, "STOP")
        write(here, "START", 1)
        assert [kind for kind, _ in here.project.asked] == ["endpoint", "event", "send"] * 2


# End User Messaging answers its own words.


@pytest.mark.parametrize(
    ("body", "keyword"), [("STOP", "STOP"), ("cancel", "KEYWORD_123456789012"), ("Stop it", "STOP")]
)
def test_what_aws_answers_is_recorded_and_not_answered_twice(aws: Room, body: str, keyword: str) -> None:
    write(aws, body, keyword=keyword)
    assert aws.project.asked == [("endpoint", "ALL"), ("event", "two_way_sms.opt_out")]
    assert aws.counts == {"Unanswered": 1}


@pytest.mark.parametrize("opt_outs", ["aws", "self"])
def test_a_keyword_of_the_numbers_own_is_answered_by_aws_alone(opt_outs: str) -> None:
    with room("aws" if opt_outs == "aws" else "self") as here:
        write(here, "JOIN now", keyword="JOIN")
        assert (here.sent, here.bot.heard) == ([], [])
        assert here.counts == {"Unanswered": 1}


def test_a_keyword_that_the_message_does_not_begin_with_says_nothing(aws: Room) -> None:
    write(aws, "hours", keyword="JOIN")
    assert aws.sent == ["re: hours"]


def test_help_is_left_to_aws(aws: Room) -> None:
    write(aws, "HELP", keyword="HELP")
    assert aws.project.asked == []


def test_an_opt_in_keyword_of_the_number_is_recorded_and_the_list_left_alone(aws: Room) -> None:
    write(aws, "STOP", keyword="STOP")
    write(aws, "START", 1, keyword="START")
    assert aws.project.endpoints[derived_id(HANDSET)]["OptOut"] == "NONE"
    assert aws.sent == []
    write(aws, "hours", 2)
    assert aws.sent == ["re: hours"]


def test_a_word_that_aws_does_not_know_is_ours_to_answer(aws: Room) -> None:
    write(aws, "REVOKE")
    assert aws.sent == [TEXTS.opted_out]
    assert aws.phones.numbers == {HANDSET}
