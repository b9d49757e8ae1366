"""Message requests in the embedded AWS under IAM: sent once, told once, refused with a reason."""

import io
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console

from embedded.demo.account import Account
from embedded.demo.mail import kept_mail
from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.scenarios.send_message import SendMessage
from embedded.demo.stage import Stage
from tests.support.handsets import CALLED, change_number, messages, texts_of

pytestmark = pytest.mark.e2e
SENDER = "no-reply@example.com"
# AWS's simulator, which is sent to whatever the safety catch says.
ARRIVES = "+14254147755"


@dataclass(frozen=True)
class Desk:
    """Where requests are handed in, and a queue of the results of this test."""

    account: Account
    tag: str
    results: str

    def ask(self, name: str, recipients: list[dict[str, Any]], sender: str = SENDER) -> None:
        self.hand_in(
            name,
            channel="EMAIL",
            template={"name": self.account.output("SendMessage", "EmailTemplateName")},
            message={"FromAddress": sender},
            recipients=recipients,
        )

    def hand_in(self, name: str, **request: Any) -> None:
        body = {"request_id": f"{self.tag}-{name}", "context": {"test": self.tag}, **request}
        url = self.account.output("SendMessage", "QueueUrl")
        self.account.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def address(self, name: str) -> str:
        return f"success+{self.tag}-{name}@simulator.amazonses.com"

    def told(self, count: int, within: float = 60) -> list[dict[str, Any]]:
        """So many results, and those that come within a moment after them."""
        sqs, found = self.account.client("sqs"), list[dict[str, Any]]()
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            answer = sqs.receive_message(QueueUrl=self.results, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.results, ReceiptHandle=message["ReceiptHandle"])
            if len(found) >= count:
                deadline = min(deadline, time.monotonic() + 4)
        return sorted(found, key=lambda event: str(event["detail"]["recipient"]["position"]))

    def mails(self) -> list[dict[str, Any]]:
        return [mail for mail in kept_mail(self.account.endpoint) if any(self.tag in to for to in mail["To"])]


@pytest.fixture
def desk(hosted_stage: Stage) -> Iterator[Desk]:
    account, tag = hosted_stage.account, f"t{uuid.uuid4().hex[:8]}"
    account.client("sesv2").create_email_identity(EmailIdentity=f"{tag}@example.com")
    sqs, events = account.client("sqs"), account.client("events")
    url = sqs.create_queue(QueueName=tag)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=tag, EventPattern=json.dumps({"detail": {"context": {"test": [tag]}}}))
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})},
    )
    events.put_targets(Rule=tag, Targets=[{"Id": "queue", "Arn": arn}])
    yield Desk(account, tag, url)
    events.remove_targets(Rule=tag, Ids=["queue"])
    events.delete_rule(Name=tag)
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def number(desk: Desk) -> str:
    made = desk.account.client("pinpoint-sms-voice-v2").request_phone_number(
        IsoCountryCode="US",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS", "VOICE"],
        NumberType="LONG_CODE",
    )
    return str(made["PhoneNumber"])


def test_hundreds_of_requests_with_duplicates_poison_and_a_file_come_to_what_was_computed(
    hosted_stage: Stage,
) -> None:
    scenario = SendMessage(Options(seed=uuid.uuid4().int % 1_000_000))
    expected = scenario.expect()
    assert scenario.run(hosted_stage, expected, Narrator(Console(file=io.StringIO()))) == expected


def test_a_result_names_the_mail_and_nobodys_address(desk: Desk) -> None:
    desk.ask("one", [{"address": desk.address("a")}], sender=f"{desk.tag}@example.com")
    (event,) = desk.told(1)
    (mail,) = desk.mails()
    assert (event["source"], event["detail-type"]) == ("pinpoint-patterns.send-message", "Message Result")
    assert (event["detail"]["status"], event["detail"]["message_id"]) == ("SENT", mail["MessageId"])
    assert desk.tag + "-a@" not in json.dumps(event)


def test_a_repeated_request_sends_nothing_and_tells_nothing(desk: Desk) -> None:
    for _ in range(3):
        desk.ask("one", [{"address": desk.address("a")}], sender=f"{desk.tag}@example.com")
    assert len(desk.told(1)) == 1
    desk.ask("one", [{"address": desk.address("a")}], sender=f"{desk.tag}@example.com")
    assert desk.told(1, within=6) == []
    assert len(desk.mails()) == 1


def test_what_a_user_has_opted_out_of_is_left_out_and_the_rest_is_sent(desk: Desk) -> None:
    pinpoint = desk.account.client("pinpoint")
    for name, opt_out in (("in", "NONE"), ("out", "ALL")):
        pinpoint.update_endpoint(
            ApplicationId=desk.account.output("Project", "ApplicationId"),
            EndpointId=f"{desk.tag}-{name}",
            EndpointRequest={
                "ChannelType": "EMAIL",
                "Address": desk.address(name),
                "OptOut": opt_out,
                "User": {"UserId": desk.tag},
            },
        )
    desk.ask("user", [{"user_id": desk.tag}], sender=f"{desk.tag}@example.com")
    told = {
        event["detail"]["recipient"]["endpoint_id"].rpartition("-")[2]: event["detail"]["status"]
        for event in desk.told(2)
    }
    assert told == {"in": "SENT", "out": "LEFT_OUT"}
    assert [mail["To"] for mail in desk.mails()] == [[desk.address("in")]]


def test_a_request_that_the_mail_service_refuses_fails_and_the_one_beside_it_is_sent(desk: Desk) -> None:
    desk.ask("bad", [{"address": desk.address("a")}], sender="nobody@unverified.example.org")
    desk.ask("good", [{"address": desk.address("b")}], sender=f"{desk.tag}@example.com")
    told = {event["detail"]["request_id"]: event["detail"] for event in desk.told(2)}
    assert told[f"{desk.tag}-good"]["status"] == "SENT"
    assert told[f"{desk.tag}-bad"]["status"] == "FAILED"
    assert told[f"{desk.tag}-bad"]["reason"].startswith("permanent_failure")


def test_a_text_is_read_and_a_call_heard_and_a_call_to_anybody_else_is_held_back(
    desk: Desk, number: str
) -> None:
    parcel = {"substitutions": {"Parcel": [desk.tag]}}
    text = {"Body": "Parcel {{Parcel}}", "MessageType": "TRANSACTIONAL", "OriginationNumber": number}
    call = {"Body": "Parcel {{Parcel}}", "LanguageCode": "en-US", "OriginationNumber": number}
    desk.hand_in("text", channel="SMS", message=text, recipients=[{"address": ARRIVES, **parcel}])
    desk.hand_in("call", channel="VOICE", message=call, recipients=[{"address": CALLED, **parcel}])
    # AWS's simulated numbers take no calls.
    desk.hand_in("held", channel="VOICE", message=call, recipients=[{"address": ARRIVES, **parcel}])
    told = {event["detail"]["request_id"].rpartition("-")[2]: event["detail"] for event in desk.told(3)}
    for name, handset, kind in (("text", ARRIVES, "TEXT"), ("call", CALLED, "VOICE")):
        assert told[name]["status"] == "SENT"
        (got,) = texts_of(desk.account.endpoint, told[name]["message_id"])
        assert (got["Kind"], got["From"], got["To"]) == (kind, number, handset)
        assert (got["Body"], got["Received"]) == (f"Parcel {desk.tag}", True)
    assert told["held"]["status"] == "FAILED"
    assert "held back by the safety catch" in told["held"]["reason"]


def test_a_burst_takes_the_time_that_the_number_needs_and_arrives_once(desk: Desk, number: str) -> None:
    rate, count, parts = 4.0, 4, 2
    change_number(desk.account.endpoint, number, rate=rate)
    message = {"MessageType": "TRANSACTIONAL", "OriginationNumber": number}
    bodies = [f"{each} {desk.tag} {'.' * 160}" for each in range(count)]
    for each, body in enumerate(bodies):
        desk.hand_in(
            f"burst-{each}",
            channel="SMS",
            message={**message, "Body": body},
            recipients=[{"address": ARRIVES}],
        )
    assert [event["detail"]["status"] for event in desk.told(count)] == ["SENT"] * count
    got = messages(desk.account.endpoint, **{"from": number})
    assert sorted(text["Body"] for text in got) == bodies
    assert {text["Parts"] for text in got} == {parts}
    # A second's parts may go at once, the others at the rate.
    needed = (count * parts - rate) / rate
    assert got[-1]["Timestamp"] - got[0]["Timestamp"] >= 0.95 * needed
