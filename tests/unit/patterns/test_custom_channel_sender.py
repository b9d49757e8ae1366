"""A batch from the queue: every message ends delivered, failed with a reason, unknown, or comes again."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from patterns.custom_channel.batch import Sender
from patterns.custom_channel.delivery import Delivery
from patterns.custom_channel.message import ChannelMessage, message_from_json
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.queues import SourceQueue
from pinpoint_runtime.webhook import Accepted, Outcome, Rejected, RetryLater, Unknown

LEASE = 90.0
PATIENCE = 6 * 3600.0


@dataclass
class Vendor:
    """An adapter that answers as planned for each endpoint, and then accepts."""

    repeatable: bool = True
    plan: dict[str, list[Outcome | Exception]] = field(default_factory=dict[str, list[Outcome | Exception]])
    sent: list[ChannelMessage] = field(default_factory=list[ChannelMessage])

    def send(self, message: ChannelMessage) -> Outcome:
        self.sent.append(message)
        planned = self.plan.get(message.endpoint_id)
        outcome = planned.pop(0) if planned else Accepted(202)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@dataclass
class Project:
    """A Pinpoint client that takes events, or answers for an endpoint with another code."""

    codes: dict[str, int] = field(default_factory=dict[str, int])
    calls: int = 0
    down: bool = False
    events: list[tuple[str, dict[str, str]]] = field(default_factory=list[tuple[str, dict[str, str]]])

    def put_events(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        if self.down:
            raise ConnectionError
        results = {}
        for endpoint_id, item in request["EventsRequest"]["BatchItem"].items():
            code = self.codes.get(endpoint_id, 202)
            results[endpoint_id] = {
                "EndpointItemResponse": {"StatusCode": 202},
                "EventsItemResponse": {event_id: {"StatusCode": code} for event_id in item["Events"]},
            }
            if code == 202:
                assert all(event["EventType"] == "isv_channel.delivery" for event in item["Events"].values())
                self.events += [(endpoint_id, event["Attributes"]) for event in item["Events"].values()]
        return {"EventsResponse": {"Results": results}}

    def statuses(self) -> Counter[str]:
        return Counter(attributes["status"] for _, attributes in self.events)


@dataclass
class Room:
    """A sender with everything around it, and a queue whose receives are counted by hand."""

    sender: Sender
    sqs: Any
    vendor: Vendor
    project: Project
    dead: Callable[[], list[tuple[str, str]]]
    now: list[float]
    visibility: list[int]

    def process(self, *messages: ChannelMessage | str, receives: int = 1) -> list[str]:
        records = [record(message, number, receives, self.now[0]) for number, message in enumerate(messages)]
        again, self.counts = self.sender.process(records)
        return again

    counts: Counter[str] = field(default_factory=Counter[str])


def message(endpoint_id: str = "e", **changes: Any) -> ChannelMessage:
    members: dict[str, Any] = {
        "key": f"msg_{endpoint_id}",
        "owner": "o",
        "application_id": "app",
        "endpoint_id": endpoint_id,
        "data": "hello",
        "accepted_at": 1,
        "campaign_id": "campaign",
        "activity_id": "activity",
        "treatment_id": "0",
    }
    return ChannelMessage(**members | changes)


def record(body: ChannelMessage | str, number: int, receives: int, now: float) -> dict[str, Any]:
    return {
        "messageId": f"id-{number}",
        "receiptHandle": f"handle-{number}",
        "body": body if isinstance(body, str) else body.to_json(),
        "attributes": {
            "SentTimestamp": str(int(now * 1000)),
            "ApproximateReceiveCount": str(receives),
        },
    }


@pytest.fixture
def room() -> Iterator[Room]:
    random.seed(1)
    now = [1_000_000.0]
    with mock_aws(), ThreadPoolExecutor(1) as threads:
        dynamodb: Any = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        sqs: Any = boto3.client("sqs", region_name="us-east-1")
        dead_url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        visibility: list[int] = []
        vendor, project = Vendor(), Project()

        def clock() -> float:
            return now[0]

        def hide(**request: Any) -> None:
            visibility.extend(entry["VisibilityTimeout"] for entry in request["Entries"])

        sqs.change_message_visibility_batch = hide
        sender = Sender(
            channel="webhook",
            delivery=Delivery(
                vendor, Ledger(dynamodb, "ledger", lease=LEASE, clock=clock), 3, PATIENCE, clock
            ),
            queue=SourceQueue(sqs, url="queue", dead_letters_url=dead_url),
            pinpoint=project,
            threads=threads,
            clock=clock,
        )
        yield Room(sender, sqs, vendor, project, lambda: dead_letters(sqs, dead_url), now, visibility)


def dead_letters(sqs: Any, url: str) -> list[tuple[str, str]]:
    found = []
    while received := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
    ).get("Messages"):
        found += [(one["Body"], one["MessageAttributes"]["Reason"]["StringValue"]) for one in received]
    return found


def test_a_batch_of_ten_is_delivered_and_reported_in_one_call(room: Room) -> None:
    assert room.process(*(message(f"e{number}") for number in range(10))) == []
    assert (len(room.vendor.sent), room.project.calls) == (10, 1)
    assert room.project.statuses() == {"DELIVERED": 10}
    assert room.dead() == []


def test_a_result_says_where_its_message_came_from(room: Room) -> None:
    room.process(message())
    assert room.project.events == [
        (
            "e",
            {
                "channel": "webhook",
                "status": "DELIVERED",
                "campaign_id": "campaign",
                "campaign_activity_id": "activity",
                "treatment_id": "0",
                "message_key": "msg_e",
            },
        )
    ]


def test_a_rejected_message_fails_with_a_reason_in_the_event_and_among_the_dead_letters(room: Room) -> None:
    room.vendor.plan = {"bad": [Rejected("unknown_recipient")]}
    assert room.process(message("bad"), message("good")) == []
    assert room.project.statuses() == {"FAILED": 1, "DELIVERED": 1}
    assert [(endpoint, attributes.get("reason")) for endpoint, attributes in room.project.events] == [
        ("bad", "unknown_recipient"),
        ("good", None),
    ]
    ((body, reason),) = room.dead()
    assert (message_from_json(body).endpoint_id, reason) == ("bad", "unknown_recipient")


def test_patience_asked_for_is_given_and_uses_up_no_attempt(room: Room) -> None:
    room.vendor.plan = {"e": [RetryLater("http_429", 7.0, attempted=False)] * 20}
    for receives in range(1, 21):
        assert room.process(message(), receives=receives) == ["id-0"]
    assert min(room.visibility) >= 7
    assert max(room.visibility) <= 90
    assert room.process(message(), receives=21) == []
    assert room.project.statuses() == {"DELIVERED": 1}


def test_a_throttled_message_is_given_up_by_age_long_before_the_queue_gives_it_up(room: Room) -> None:
    room.vendor.plan = {"e": [RetryLater("http_429", 0.0, attempted=False)] * 2000}
    start, receives = room.now[0], 0
    while not room.project.events:
        receives += 1
        sent = record(message(), 0, receives, start)
        room.sender.process([sent])
        room.now[0] += room.visibility[-1]
    assert receives < 1000
    assert room.project.events[0][1]["reason"] == "waited_too_long"
    assert [reason for _, reason in room.dead()] == ["waited_too_long"]


def test_a_vendor_that_keeps_failing_ends_in_a_failure_after_the_last_attempt(room: Room) -> None:
    room.vendor.plan = {"e": [RetryLater("http_500")] * 9}
    assert [room.process(message()) for _ in range(3)] == [["id-0"], ["id-0"], []]
    assert len(room.vendor.sent) == 3
    assert room.project.events[0][1]["reason"] == "retries_exhausted:http_500"
    assert [reason for _, reason in room.dead()] == ["retries_exhausted:http_500"]


def test_with_a_key_a_lost_answer_is_asked_for_again_with_the_same_key(room: Room) -> None:
    room.vendor.plan = {"e": [Unknown("ProtocolError")]}
    assert room.process(message()) == ["id-0"]
    assert room.process(message(), receives=2) == []
    assert [one.key for one in room.vendor.sent] == ["msg_e", "msg_e"]
    assert room.project.statuses() == {"DELIVERED": 1}


def test_without_a_key_a_lost_answer_is_unknown_visible_and_never_sent_again(room: Room) -> None:
    room.vendor.repeatable = False
    room.vendor.plan = {"e": [Unknown("ProtocolError")]}
    assert room.process(message()) == []
    assert room.project.statuses() == {"UNKNOWN": 1}
    assert room.counts == {"Unknown": 1}
    room.process(message(), receives=2)
    assert len(room.vendor.sent) == 1
    assert room.dead() == []


def test_an_answer_lost_once_is_never_called_a_failure_later(room: Room) -> None:
    room.vendor.plan = {"e": [Unknown("x"), RetryLater("http_500"), RetryLater("http_500")]}
    for _ in range(3):
        room.process(message())
    assert room.project.statuses() == {"UNKNOWN": 1}
    assert len(room.dead()) == 1


def test_an_adapter_that_raises_leaves_one_message_unknown_and_the_rest_alone(room: Room) -> None:
    room.vendor.repeatable = False
    room.vendor.plan = {"bad": [ZeroDivisionError()]}
    assert room.process(message("bad"), message("good")) == []
    assert room.project.statuses() == {"UNKNOWN": 1, "DELIVERED": 1}
    assert room.project.events[0][1]["reason"] == "adapter_raised_ZeroDivisionError"


def test_the_same_message_accepted_twice_goes_out_and_is_reported_once(room: Room) -> None:
    room.process(message(owner="first"), message(owner="second"))
    assert len(room.vendor.sent) == 1
    assert room.project.statuses() == {"DELIVERED": 1}
    assert room.counts == {"Delivered": 1, "Duplicates": 1}


def test_a_sender_that_died_after_sending_leaves_an_unknown(room: Room) -> None:
    room.vendor.repeatable = False
    room.sender.delivery.ledger.claim("msg_e", owner="o")
    assert room.process(message()) == ["id-0"]
    assert room.visibility[0] > LEASE
    room.now[0] += LEASE
    room.process(message(), receives=2)
    assert room.vendor.sent == []
    assert room.project.events[0][1]["reason"] == "lease_expired"


def test_a_result_that_was_not_taken_is_reported_when_the_message_comes_again(room: Room) -> None:
    room.project.down = True
    assert room.process(message()) == ["id-0"]
    room.project.down = False
    assert room.process(message(), receives=2) == []
    assert len(room.vendor.sent) == 1
    assert room.project.statuses() == {"DELIVERED": 1}


def test_one_event_refused_inside_an_accepted_call_is_told_apart(room: Room) -> None:
    room.project.codes = {"slow": 500, "odd": 400}
    assert room.process(message("slow"), message("odd"), message("good")) == ["id-0"]
    assert room.project.statuses() == {"DELIVERED": 1}
    ((body, reason),) = room.dead()
    assert (message_from_json(body).endpoint_id, reason) == ("odd", "DELIVERED: event_400")


@pytest.mark.parametrize("body", ["not JSON", "{}", "[]", json.dumps({"key": 1})])
def test_a_poison_message_reaches_the_dead_letters_as_it_was_with_its_reason(room: Room, body: str) -> None:
    assert room.process(body, message()) == []
    ((kept, reason),) = room.dead()
    assert kept == body
    assert reason.startswith("unreadable message")
    assert room.project.statuses() == {"DELIVERED": 1}


def test_a_message_marked_as_defective_fails_without_being_sent(room: Room) -> None:
    room.process(message(defect="endpoint_is_too_large"))
    assert room.vendor.sent == []
    assert room.project.events[0][1]["reason"] == "endpoint_is_too_large"
    assert len(room.dead()) == 1


def test_a_dead_letter_moved_back_is_tried_anew_and_reported_anew(room: Room) -> None:
    room.vendor.plan = {"e": [Rejected("template_missing")]}
    room.process(message())
    ((body, _),) = room.dead()
    assert room.process(body) == []
    assert room.project.statuses() == {"FAILED": 1, "DELIVERED": 1}


def test_nothing_is_given_up_while_the_dead_letters_cannot_be_kept(room: Room) -> None:
    room.vendor.plan = {"e": [Rejected("no")]}
    with patch.object(room.sqs, "send_message_batch", side_effect=ConnectionError):
        assert room.process(message()) == ["id-0"]
    assert room.process(message(), receives=2) == []
    assert len(room.dead()) == 1
    assert len(room.vendor.sent) == 1


def test_the_ledger_balances_over_a_bad_day(room: Room) -> None:
    endpoints = [f"e{number}" for number in range(60)]
    room.vendor.repeatable = False
    answers: list[Outcome] = [
        RetryLater("http_429", 1.0, attempted=False),
        RetryLater("http_500"),
        Unknown("cut"),
        Rejected("gone"),
    ]
    room.vendor.plan = {one: random.choices(answers, k=random.randint(0, 3)) for one in endpoints}
    left = list(endpoints)
    rounds = 0
    while left:
        rounds += 1
        again = room.process(*(message(one) for one in left), receives=rounds)
        left = [left[int(identifier.removeprefix("id-"))] for identifier in again]
    statuses = room.project.statuses()
    assert statuses.total() == len(endpoints)
    assert len(room.dead()) == statuses["FAILED"]
    accepted_or_cut = statuses["DELIVERED"] + statuses["UNKNOWN"]
    assert accepted_or_cut + statuses["FAILED"] == len(endpoints)
    assert statuses["UNKNOWN"] > 0
