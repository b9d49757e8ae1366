"""Handsets text a number and are answered once: on the deployed stack, under IAM."""

import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.handsets import received, two_way_number, write
from embedded.demo.queues import DeadLetters
from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually

pytestmark = pytest.mark.e2e

# AWS's simulator numbers: the safety catch lets them through. A number comes off an opt-out list once in 30
# days, so that each test has handsets of its own.
US, GERMANY_NEXT, BRITAIN, FRANCE, ITALY = (
    "+14254147755",
    "+43676800442031",
    "+447860019066",
    "+33755512501",
    "+394390009172",
)
HOURS = "We are open from 9 to 5, Monday to Friday."
OTHERWISE = "Write HOURS for our opening hours, HELP for help, STOP to get no more messages."
HELP = "Reply STOP to get no more messages from this number."
OUT = "You will get no more messages from this number. Reply START to get them again."
IN = "You will get messages from this number again. Reply STOP to end them."
# Several functions, one after the other: seconds, more on a busy laptop.
WITHIN = 60.0


class Number:
    """A number of ours and who writes to it."""

    def __init__(self, account: Account, *, self_managed: bool = True) -> None:
        self.account = account
        self.topic = account.output("TwoWaySms", "TopicArn")
        self.number = two_way_number(
            account.client("pinpoint-sms-voice-v2"), self.topic, self_managed=self_managed
        )

    def write(self, handset: str, body: str, **more: Any) -> str:
        """The message's id."""
        told = write(self.account.endpoint, handset, body, number=self.number, **more)
        assert told["Published"], told
        return str(told["InboundMessageId"])

    def got(self, handset: str) -> list[str]:
        return received(self.account.endpoint, handset, number=self.number)

    def gets(self, handset: str, *texts: str) -> None:
        """Wait until a handset has these texts, and see that it has no others."""
        found = eventually(lambda: self.got(handset), lambda got: len(got) >= len(texts), within=WITHIN)
        assert found == list(texts)

    def item(self, handset: str, sort_key: str) -> dict[str, Any]:
        """What the table holds of a conversation."""
        pk = hashlib.sha256(f"{handset}\n{self.number}".encode()).hexdigest()[:32]
        answer = self.account.client("dynamodb").get_item(
            TableName=self.account.output("TwoWaySms", "TableName"),
            Key={"pk": {"S": pk}, "sk": {"S": sort_key}},
            ConsistentRead=True,
        )
        found: dict[str, Any] = answer.get("Item", {})
        return found

    def is_done(self, handset: str, message_id: str) -> None:
        """Wait until nothing is left to do for a message."""
        assert eventually(
            lambda: self.item(handset, f"MESSAGE#{message_id}"), lambda item: "done" in item, within=WITHIN
        )


@pytest.fixture(scope="module")
def account(hosted_stage: Stage) -> Account:
    return hosted_stage.account


@pytest.fixture
def ours(account: Account) -> Number:
    return Number(account)


@contextlib.contextmanager
def opt_outs_of_aws(account: Account) -> Iterator[None]:
    """The same worker, told that End User Messaging answers HELP, STOP and the like."""
    functions, name = account.client("lambda"), account.output("TwoWaySms", "FunctionName")
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def set_to(variables: dict[str, str]) -> None:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.2})

    set_to({**before, "OPT_OUTS": "aws"})
    try:
        yield
    finally:
        set_to(before)


def test_a_handset_asks_stops_hears_nothing_more_and_starts_again(ours: Number) -> None:
    ours.write(US, "HELP")
    ours.gets(US, HELP)
    ours.write(US, "hours?")
    ours.gets(US, HELP, HOURS)
    ours.write(US, "please don't stop")
    ours.gets(US, HELP, HOURS, OTHERWISE)

    ours.write(US, "Stop!")
    ours.gets(US, HELP, HOURS, OTHERWISE, OUT)
    endpoint = f"sms-{hashlib.sha256(US.encode()).hexdigest()[:32]}"
    pinpoint = ours.account.client("pinpoint")
    application = ours.account.output("Project", "ApplicationId")
    told = pinpoint.get_endpoint(ApplicationId=application, EndpointId=endpoint)["EndpointResponse"]
    assert (told["OptOut"], told["Address"], told["ChannelType"]) == ("ALL", US, "SMS")
    sms = ours.account.client("pinpoint-sms-voice-v2")
    on_list = lambda: US in str(sms.describe_opted_out_numbers(OptOutListName="Default"))  # noqa: E731
    assert eventually(on_list, within=WITHIN)

    ours.is_done(US, ours.write(US, "hours"))
    ours.is_done(US, ours.write(US, "HELP"))
    # SNS of the embedded AWS tells whole seconds, and at the same one an opt-out counts more.
    time.sleep(1.1)
    ours.write(US, "START")
    ours.gets(US, HELP, HOURS, OTHERWISE, OUT, IN)
    told = pinpoint.get_endpoint(ApplicationId=application, EndpointId=endpoint)["EndpointResponse"]
    assert told["OptOut"] == "NONE"
    ours.write(US, "hours")
    ours.gets(US, HELP, HOURS, OTHERWISE, OUT, IN, HOURS)


def test_a_message_that_the_topic_gets_five_times_is_answered_once(ours: Number) -> None:
    message = ours.write(BRITAIN, "hours", copies=5)
    ours.is_done(BRITAIN, message)
    # Whatever the copies could still send would be there by the time that this has been answered.
    ours.is_done(BRITAIN, ours.write(BRITAIN, "horario", copies=2))
    ours.gets(BRITAIN, HOURS, "Abrimos de 9 a 17, de lunes a viernes.")


def test_many_at_once_are_each_answered(ours: Number) -> None:
    for body in ("hours", "horario", "hm"):
        ours.write(FRANCE, body)
    found = eventually(lambda: ours.got(FRANCE), lambda got: len(got) >= 3, within=WITHIN)
    assert sorted(found) == sorted([HOURS, "Abrimos de 9 a 17, de lunes a viernes.", OTHERWISE])


def test_an_opt_out_that_arrives_after_a_newer_opt_in_undoes_nothing(ours: Number) -> None:
    ours.write(ITALY, "START")
    ours.gets(ITALY, IN)
    late = f"late-{uuid.uuid4().hex}"
    message = {
        "originationNumber": ITALY,
        "destinationNumber": ours.number,
        "messageKeyword": "STOP",
        "messageBody": "STOP",
        "inboundMessageId": late,
    }
    # SNS has no say in when its queue hands a message out: this one was taken long before the START.
    ours.account.client("sqs").send_message(
        QueueUrl=ours.account.output("TwoWaySms", "QueueUrl"),
        MessageBody=json.dumps(
            {"Type": "Notification", "Message": json.dumps(message), "Timestamp": "2026-01-01T00:00:00.000Z"}
        ),
    )
    ours.is_done(ITALY, late)
    ours.write(ITALY, "hours")
    ours.gets(ITALY, IN, HOURS)


def test_what_is_no_message_is_dead_with_its_reason_and_the_next_one_is_answered(ours: Number) -> None:
    sns, marker = ours.account.client("sns"), uuid.uuid4().hex
    bad = {
        "originationNumber": "42",
        "destinationNumber": ours.number,
        "messageBody": "",
        "inboundMessageId": marker,
    }
    for text in (f"hello {marker}", json.dumps({"marker": marker}), json.dumps(bad)):
        sns.publish(TopicArn=ours.topic, Message=text)
    letters = DeadLetters.of(ours.account, "TwoWaySms", mark=marker)
    found = eventually(letters.read, lambda found: len(found) >= 3, within=WITHIN)
    assert sorted(letter.reason for letter in found) == [
        "unreadable: inboundMessageId is missing",
        "unreadable: originationNumber is not as End User Messaging writes it",
        "unreadable: the message is not JSON",
    ]


def test_what_aws_answers_is_recorded_and_not_answered_twice(account: Account) -> None:
    with opt_outs_of_aws(account):
        number = Number(account, self_managed=False)
        message = number.write(GERMANY_NEXT, "STOP")
        number.is_done(GERMANY_NEXT, message)
        number.is_done(GERMANY_NEXT, number.write(GERMANY_NEXT, "hours"))
        (confirmation,) = eventually(lambda: number.got(GERMANY_NEXT), within=WITHIN)
        assert confirmation != OUT
        assert number.item(GERMANY_NEXT, "CONSENT")["opted_out"] == {"BOOL": True}


def test_the_topic_admits_the_service_for_this_account_alone_and_a_topic_without_says_why(
    ours: Number,
) -> None:
    account = ours.account
    sns, sms = account.client("sns"), account.client("pinpoint-sms-voice-v2")
    policy = json.loads(sns.get_topic_attributes(TopicArn=ours.topic)["Attributes"]["Policy"])
    for statement in policy["Statement"]:
        condition = statement.get("Condition", {})
        if "StringEquals" in condition:
            condition["StringEquals"]["aws:SourceAccount"] = "111111111111"
    other = sns.create_topic(Name=f"other-{uuid.uuid4().hex[:8]}")["TopicArn"]
    document = json.dumps(policy).replace(ours.topic, other)
    sns.set_topic_attributes(TopicArn=other, AttributeName="Policy", AttributeValue=document)
    number = two_way_number(sms, other, self_managed=True)
    told = write(account.endpoint, BRITAIN, "hours", number=number)
    assert told["Published"] is False
    assert "is not authorized to perform: sns:Publish" in told["Refusal"]
