"""What a handset's message says, what is none, which words are orders, and what a responder may reply."""

import json
from typing import Any

import pytest

from patterns.two_way_sms import keyword_responder
from patterns.two_way_sms.function_responder import FunctionResponder
from patterns.two_way_sms.inbound import Inbound, Unreadable, inbound_from_json, put_back
from patterns.two_way_sms.keyword_responder import InvalidAnswers, KeywordResponder, answers_from_json
from patterns.two_way_sms.parts import parts
from patterns.two_way_sms.responder import (
    Conversation,
    NoSuchFactory,
    Reply,
    Responder,
    ResponderFault,
    ask,
    load,
    problem_of,
)
from patterns.two_way_sms.words import Meaning, Vocabulary, keyword_taken
from tests.support.two_way_sms import HANDSET, NUMBER, notification, room


def without(name: str) -> dict[str, Any]:
    envelope = notification()
    message = json.loads(envelope["Message"])
    del message[name]
    return {**envelope, "Message": json.dumps(message)}


def inbound(body: str = "hours") -> Inbound:
    return inbound_from_json(json.dumps(notification(body)))


# Messages.


def test_a_message_is_read_out_of_what_sns_wraps_around_it() -> None:
    message = inbound()
    assert (message.id, message.sender, message.number, message.body) == ("in-1", HANDSET, NUMBER, "hours")
    assert (message.at, message.generation, message.answers) == (1_800_000_000_000, 0, "wJalrXUtnFEMI")


@pytest.mark.parametrize("missing", ["messageKeyword", "previousPublishedMessageId"])
def test_what_is_optional_may_be_missing(missing: str) -> None:
    assert inbound_from_json(json.dumps(without(missing))).id == "in-1"


def test_a_short_code_is_a_number_of_ours() -> None:
    assert inbound_from_json(json.dumps(notification(number="12345"))).number == "12345"


def test_a_conversation_is_named_without_its_numbers() -> None:
    name = inbound().conversation_id
    assert len(name) == 32
    assert set(name) <= set("0123456789abcdef")


POISON = [
    ("not JSON", "the notification is not JSON"),
    ("[]", "the notification is not a JSON object"),
    ("[" * 100_000, "the notification is not JSON"),
    ("{}", "it is no notification of SNS"),
    (json.dumps({**notification(), "Type": "SubscriptionConfirmation"}), "it is no notification of SNS"),
    (json.dumps({**notification(), "Message": "Hello"}), "the message is not JSON"),
    (json.dumps({**notification(), "Message": "3"}), "the message is not a JSON object"),
    (json.dumps({**notification(), "Timestamp": "yesterday"}), "Timestamp is no time"),
    (json.dumps({**notification(), "Timestamp": "2026-11-24T16:00:01"}), "Timestamp has no time zone"),
    (json.dumps({**notification(), "Generation": "1"}), "Generation must be a whole number"),
    (
        json.dumps(notification(sender="4255550182")),
        "originationNumber is not as End User Messaging writes it",
    ),
    (json.dumps(notification(sender="+1425\n")), "originationNumber is not as End User Messaging writes it"),
    (json.dumps(notification(number="SHOP")), "destinationNumber is not as End User Messaging writes it"),
    (json.dumps(notification(message_id="")), "inboundMessageId is not as End User Messaging writes it"),
    *(
        (json.dumps(without(name)), f"{name} is missing")
        for name in ("originationNumber", "destinationNumber", "messageBody", "inboundMessageId")
    ),
    (json.dumps(notification(body=None)), "messageBody is missing"),  # type: ignore[arg-type]
    (json.dumps(notification(body=7)), "messageBody is no text"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("body", "reason"), POISON)
def test_what_is_no_message_says_why(body: str, reason: str) -> None:
    with pytest.raises(Unreadable) as error:
        inbound_from_json(body)
    assert str(error.value) == reason


def test_what_is_no_message_is_dead_at_once_with_the_reason_and_the_others_go_on() -> None:
    with room() as here:
        assert here.process(*(body for body, _ in POISON), notification("good")) == []
        assert sorted(here.dead()) == sorted((body, f"unreadable: {reason}") for body, reason in POISON)
        assert here.sent == ["re: good"]
        assert here.counts == {"Poison": len(POISON), "Answered": 1}


def test_no_reason_quotes_what_somebody_wrote() -> None:
    for body, _ in POISON:
        with pytest.raises(Unreadable) as error:
            inbound_from_json(body)
        assert HANDSET not in str(error.value)
        assert "Hello" not in str(error.value)


def test_what_is_put_back_is_the_same_message_in_its_next_generation() -> None:
    again = put_back(put_back(json.dumps(notification())))
    assert inbound_from_json(again) == Inbound(**{**inbound("Hours?").__dict__, "generation": 2})


# Words.


@pytest.mark.parametrize(
    "body",
    [
        "STOP",
        " stop. ",
        "Stop!!!",
        "“stop”",
        "ARRÊT",
        "arret",
        "Opt-Out",
        "opt out",
        "OPTOUT",
        "td",
        "stop 🙏",
        "ＳＴＯＰ",
    ],
)
def test_an_opt_out_is_one_however_it_is_written(body: str) -> None:
    assert Vocabulary().meaning(body) is Meaning.OPT_OUT


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ("start", Meaning.OPT_IN),
        ("Unstop", Meaning.OPT_IN),
        ("HELP?", Meaning.HELP),
        ("info", Meaning.HELP),
        ("please don't stop", Meaning.TALK),
        ("s t o p", Meaning.TALK),
        ("", Meaning.TALK),
        ("👍", Meaning.TALK),
    ],
)
def test_each_word_has_its_meaning(body: str, meaning: Meaning) -> None:
    assert Vocabulary().meaning(body) is meaning


def test_more_languages_are_a_setting_and_an_opt_out_goes_before_anything_else() -> None:
    vocabulary = Vocabulary().with_opt_outs(["BAJA", "停止", "info", ""])
    assert {vocabulary.meaning(body) for body in ("baja!", "停止", "INFO")} == {Meaning.OPT_OUT}
    assert vocabulary.meaning("") is Meaning.TALK


@pytest.mark.parametrize(
    ("body", "keyword", "taken"),
    [
        ("STOP", "STOP", True),
        ("stop now", "STOP", True),
        ("stopping", "STOP", False),
        ("hours", "JOIN", False),
        ("hours", "KEYWORD_123456789012", False),
        ("hours", "", False),
    ],
)
def test_a_keyword_counts_where_the_message_begins_with_it(body: str, keyword: str, taken: bool) -> None:
    assert keyword_taken(body, keyword) is taken


# Replies.


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_as_carriers_do(text: str, count: int) -> None:
    assert parts(text) == count


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply("ok", {"a": [1]}), None),
        (Reply(), None),
        ("ok", "a Reply or None is needed, not str"),
        (Reply(7), "text must be a text, not int"),  # type: ignore[arg-type]
        (Reply(" \n"), "text is blank"),
        (Reply("a" * 1601), "text has 1601 characters, at most 1600 are sent"),
        (Reply("ж" * 71), "text has 2 parts, at most 1 are sent"),
        (Reply("ok", [1]), "state must be a JSON object, not list"),  # type: ignore[arg-type]
        (Reply("ok", {"a": float("nan")}), "state must hold what JSON can hold"),
        (Reply("ok", {"a": "x" * 100_000}), "state has 100009 bytes, at most 100000"),
    ],
)
def test_a_reply_says_why_it_cannot_be_sent(reply: object, problem: str | None) -> None:
    assert problem_of(reply, most_parts=1) == problem


def test_a_responder_that_takes_too_long_is_not_waited_for() -> None:
    import threading

    never = threading.Event()

    class Hangs:
        def reply(self, inbound: Inbound, conversation: Conversation) -> Reply | None:
            never.wait(30)
            return None

    with pytest.raises(ResponderFault, match="responder_timed_out"):
        ask(Hangs(), inbound(), Conversation("c"), seconds=0.01, most_parts=3)
    never.set()


@pytest.mark.parametrize("name", ["nowhere:responder", "patterns.two_way_sms.words:nothing", "words", ""])
def test_a_factory_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(NoSuchFactory, match="RESPONDER must be module:factory"):
        load("RESPONDER", name)


# The responders that are included.

ANSWERS = answers_from_json(
    json.dumps({"en": {"HOURS": "9 to 5", "*": "What?"}, "es": {"HORARIO": "de 9 a 17", "*": "¿Qué?"}})
)


def say(responder: Responder, body: str, **state: Any) -> Reply | None:
    return responder.reply(inbound(body), Conversation("c", state))


def test_a_keyword_is_answered_in_its_language_and_the_rest_in_the_last_one() -> None:
    bot = KeywordResponder(ANSWERS)
    assert say(bot, "hours!") == Reply("9 to 5", {"language": "en"})
    assert say(bot, "Horario") == Reply("de 9 a 17", {"language": "es"})
    assert say(bot, "hm", language="es") == Reply("¿Qué?")
    assert say(bot, "hm") == Reply("What?")
    assert say(bot, "👍") == Reply("What?")


def test_without_an_answer_for_the_rest_there_is_none() -> None:
    assert say(KeywordResponder({"en": {"hours": "9 to 5"}}), "hm") is None


def test_a_language_without_an_answer_for_the_rest_leaves_it_to_another() -> None:
    bot = KeywordResponder({"en": {"hours": "9 to 5", "*": "What?"}, "es": {"horario": "de 9 a 17"}})
    assert say(bot, "hm", language="es") == Reply("What?")


@pytest.mark.parametrize("text", ["x", "[]", '{"en": "HOURS"}'])
def test_answers_that_are_none_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSWERS", text)
    with pytest.raises(InvalidAnswers):
        keyword_responder.responder()


class Function:
    """A Lambda client with one function behind it."""

    def __init__(self, payload: bytes, **answer: str) -> None:
        self.payload, self.answer = payload, answer
        self.asked: dict[str, Any] = {}

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.asked = json.loads(request["Payload"])
        return {"Payload": self, **self.answer}

    def read(self) -> bytes:
        return self.payload


def test_a_function_hears_message_and_state_and_its_answer_is_the_reply() -> None:
    function = Function(b'{"text": "hi", "state": {"a": 1}}')
    assert say(FunctionResponder(function, "bot"), "hours", b=2) == Reply("hi", {"a": 1})
    assert function.asked["message"]["body"] == "hours"
    assert function.asked["conversation"] == {"id": "c", "state": {"b": 2}, "late": False}


@pytest.mark.parametrize("payload", [b"null", b""])
def test_a_function_may_have_nothing_to_say(payload: bytes) -> None:
    assert say(FunctionResponder(Function(payload), "bot"), "hours") is None


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (Function(b"{}", FunctionError="Unhandled"), "responder_function_failed"),
        (Function(b"x"), "not JSON"),
        (Function(b"[]"), "not a JSON object"),
    ],
)
def test_a_function_that_fails_is_a_fault(function: Function, reason: str) -> None:
    with pytest.raises(ResponderFault, match=reason):
        say(FunctionResponder(function, "bot"), "hours")
