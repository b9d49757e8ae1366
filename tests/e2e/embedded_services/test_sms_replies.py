"""Handsets reply: what reaches the topic of a number, and what does not."""

from typing import Any

import pytest

from tests.support.embedded_aws import ACCOUNT, REGION, EmbeddedAws, allow, eventually, policy
from tests.support.sms import admitting, as_role, handset, new_number, refusal, reply, topic_with_queue

pytestmark = pytest.mark.e2e


def test_a_reply_reaches_the_numbers_topic_as_documented(aws: EmbeddedAws, sms: Any) -> None:
    topic, url = topic_with_queue(aws, "replies", admitting())
    number = new_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], TwoWayEnabled=True, TwoWayChannelArn=topic)
    sent = sms.send_text_message(
        DestinationPhoneNumber="+14255550108",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Are you coming?",
    )
    told = reply(aws, **{"from": "+14255550108", "to": number["PhoneNumber"], "body": "Yes"})
    assert told["Published"] is True
    (published,) = aws.receive(url, 1)
    assert published == {
        "originationNumber": "+14255550108",
        "destinationNumber": number["PhoneNumber"],
        "messageKeyword": f"KEYWORD_{ACCOUNT}",
        "messageBody": "Yes",
        "inboundMessageId": told["InboundMessageId"],
        "previousPublishedMessageId": sent["MessageId"],
    }


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        ("nothing-said", ()),
        ("another-account", (admitting(account="111111111111"),)),
        ("another-action", (admitting("sns:Subscribe"),)),
    ],
)
def test_a_topic_that_does_not_admit_the_service_gets_no_reply(
    aws: EmbeddedAws, sms: Any, name: str, statements: tuple[dict[str, Any], ...]
) -> None:
    topic, url = topic_with_queue(aws, f"replies-{name}", *statements)
    number = new_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], TwoWayEnabled=True, TwoWayChannelArn=topic)
    told = reply(aws, **{"from": "+14255550109", "to": number["PhoneNumber"], "body": "Yes"})
    assert told["Published"] is False
    assert "not authorized to perform: sns:Publish" in told["Refusal"]
    assert aws.receive(url, 1, within=1) == []


def test_a_role_may_publish_where_the_topic_says_nothing(aws: EmbeddedAws, sms: Any) -> None:
    topic, url = topic_with_queue(aws, "replies-by-role")
    arn = aws.role("two-way", [allow("sns:Publish", on=topic)], service="sms-voice.amazonaws.com")
    number = new_number(sms)
    sms.update_phone_number(
        PhoneNumberId=number["PhoneNumberId"],
        TwoWayEnabled=True,
        TwoWayChannelArn=topic,
        TwoWayChannelRole=arn,
    )
    written = {"from": "+14255550110", "to": number["PhoneNumber"], "body": "Yes"}
    assert reply(aws, **written)["Published"] is True
    assert len(aws.receive(url, 1)) == 1
    aws.client("iam").delete_role_policy(RoleName="two-way", PolicyName="policy")
    assert reply(aws, **written)["Published"] is False


def test_an_encrypted_topic_needs_a_key_that_admits_the_service(aws: EmbeddedAws, sms: Any) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    topic, url = topic_with_queue(aws, "replies-encrypted", admitting(), key=key)
    number = new_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], TwoWayEnabled=True, TwoWayChannelArn=topic)
    written = {"from": "+14255550111", "to": number["PhoneNumber"], "body": "Yes"}
    assert "kms:GenerateDataKey" in reply(aws, **written)["Refusal"]
    root = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    uses = [admitting("kms:GenerateDataKey*"), admitting("kms:Decrypt")]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy([root, *uses]))
    assert reply(aws, **written)["Published"] is True
    assert len(aws.receive(url, 1)) == 1


def test_stop_opts_the_handset_out_and_is_confirmed(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    text = {
        "DestinationPhoneNumber": "+14255550112",
        "OriginationIdentity": number["PhoneNumberId"],
        "MessageBody": "Hello",
    }
    sms.send_text_message(**text)
    eventually(lambda: handset(aws, "+14255550112", received="true"))
    # Without 'to', the handset answers the number that it heard from last.
    assert reply(aws, **{"from": "+14255550112", "body": "stop"})["Keyword"] == "STOP"
    assert refusal(sms.send_text_message, **text)["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    seen = eventually(
        lambda: handset(aws, "+14255550112", received="true"), until=lambda seen: len(seen) == 2
    )
    assert seen[0]["Body"] == "Hello"
    assert "no more messages" in seen[1]["Body"]
    sms.delete_opted_out_number(OptOutListName="Default", OptedOutNumber="+14255550112")


def test_a_reply_comes_twice_or_late_when_it_is_asked_to(aws: EmbeddedAws, sms: Any) -> None:
    topic, url = topic_with_queue(aws, "replies-twice", admitting())
    number = new_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], TwoWayEnabled=True, TwoWayChannelArn=topic)
    written = {"from": "+14255550113", "to": number["PhoneNumber"]}
    first = reply(aws, **written, body="first", delay=1)
    second = reply(aws, **written, body="second", copies=2)
    published = aws.receive(url, 3)
    assert [each["messageBody"] for each in published] == ["second", "second", "first"]
    assert [each["inboundMessageId"] for each in published] == [
        second["InboundMessageId"],
        second["InboundMessageId"],
        first["InboundMessageId"],
    ]


def test_who_sets_up_replies_must_be_allowed_to_pass_the_role(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    actor = as_role(aws, "no-pass-role", [allow("sms-voice:*")])
    request = {
        "PhoneNumberId": number["PhoneNumberId"],
        "TwoWayEnabled": True,
        "TwoWayChannelArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:replies",
        "TwoWayChannelRole": f"arn:aws:iam::{ACCOUNT}:role/two-way",
    }
    answer = refusal(actor.update_phone_number, **request)
    assert "iam:PassRole" in answer["Error"]["Message"]
    passing = {
        **allow("iam:PassRole"),
        "Condition": {"StringEquals": {"iam:PassedToService": "sms-voice.amazonaws.com"}},
    }
    aws.set_policy("no-pass-role", [allow("sms-voice:*"), passing])
    assert actor.update_phone_number(**request)["TwoWayChannelRole"] == request["TwoWayChannelRole"]
