"""What a handset's message does: keywords, opt-outs and what the topic is told."""

import pytest

from embedded.sms_voice.replies import act_on, new_reply
from tests.support.phones import Phones

HANDSET = "+14255550100"


def answer_to(phones: Phones, number_id: str, body: str) -> str | None:
    number = phones.account.number(number_id)
    answer = act_on(phones.account, new_reply(phones.account, HANDSET, number, body, None))
    return None if answer is None else answer.body


def is_opted_out(phones: Phones, name: str = "Default") -> bool:
    return HANDSET in phones.account.opted_out[name]


@pytest.mark.parametrize(
    "word",
    ["ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE"],
)
def test_every_word_of_aws_opts_out_and_is_answered_with_the_stop_message(phones: Phones, word: str) -> None:
    number = phones.number()["PhoneNumberId"]
    phones.call("PutKeyword", OriginationIdentity=number, Keyword="STOP", KeywordMessage="Goodbye")
    assert answer_to(phones, number, f" {word.lower()}\n") == "Goodbye"
    assert is_opted_out(phones)
    (entry,) = phones.call("DescribeOptedOutNumbers", OptOutListName="Default")["OptedOutNumbers"]
    assert entry["EndUserOptedOut"] is True


@pytest.mark.parametrize("body", ["please stop", "stopwatch", "end of story"])
def test_a_sentence_with_such_a_word_is_no_opt_out(phones: Phones, body: str) -> None:
    number = phones.number()["PhoneNumberId"]
    assert answer_to(phones, number, body) is None
    assert not is_opted_out(phones)


def test_an_opt_in_word_takes_the_handset_off_the_list(phones: Phones) -> None:
    number = phones.number()["PhoneNumberId"]
    join = {"OriginationIdentity": number, "Keyword": "JOIN", "KeywordMessage": "Welcome"}
    phones.call("PutKeyword", **join, KeywordAction="OPT_IN")
    answer_to(phones, number, "STOP")
    assert answer_to(phones, number, "join") == "Welcome"
    assert not is_opted_out(phones)


def test_self_managed_opt_outs_are_left_to_the_account(phones: Phones) -> None:
    number = phones.number()["PhoneNumberId"]
    phones.call("UpdatePhoneNumber", PhoneNumberId=number, SelfManagedOptOutsEnabled=True)
    phones.call("PutKeyword", OriginationIdentity=number, Keyword="HOURS", KeywordMessage="Nine to five")
    assert answer_to(phones, number, "STOP") is None
    assert answer_to(phones, number, "HELP") is None
    assert answer_to(phones, number, "UNSUBSCRIBE") is None
    assert answer_to(phones, number, "hours") == "Nine to five"
    assert not is_opted_out(phones)


def test_in_a_pool_the_pools_words_and_list_count(phones: Phones) -> None:
    number = phones.number()["PhoneNumberId"]
    pool = phones.call("CreatePool", OriginationIdentity=number, MessageType="TRANSACTIONAL")["PoolId"]
    phones.call("CreateOptOutList", OptOutListName="quiet")
    phones.call("UpdatePool", PoolId=pool, OptOutListName="quiet")
    phones.call("PutKeyword", OriginationIdentity=pool, Keyword="STOP", KeywordMessage="From the pool")
    assert answer_to(phones, number, "STOP") == "From the pool"
    assert is_opted_out(phones, "quiet")
    assert not is_opted_out(phones)


def test_the_topic_is_told_the_documented_members(phones: Phones) -> None:
    number = phones.account.number(phones.number()["PhoneNumberId"])
    reply = new_reply(phones.account, HANDSET, number, "help", "earlier")
    assert reply.published() == {
        "originationNumber": HANDSET,
        "destinationNumber": number.number,
        "messageKeyword": "HELP",
        "messageBody": "help",
        "inboundMessageId": reply.id,
        "previousPublishedMessageId": "earlier",
    }
    other = new_reply(phones.account, HANDSET, number, "Is it open?", None).published()
    assert other["messageKeyword"] == "KEYWORD_000000000000"
    assert "previousPublishedMessageId" not in other
