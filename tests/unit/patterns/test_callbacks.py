"""Callbacks are posted once for each key, come again while there is hope, and are kept when there is none."""

import importlib
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pinpoint_runtime.callbacks import Callback, callback_from_json, queue_callbacks
from pinpoint_runtime.webhook import Accepted, Outcome, Rejected, RetryLater, Unknown
from tests.support.lambda_context import LambdaContext

ADDRESS = "jane@example.com"
CALLBACK = Callback("bounce_1", {"type": "email.hard_bounce", "address": ADDRESS})


@dataclass
class Receiver:
    """A webhook that answers as planned and then accepts."""

    plan: list[Outcome] = field(default_factory=list[Outcome])
    posts: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    def post(self, message_id: str, payload: Mapping[str, Any]) -> Outcome:
        self.posts.append((message_id, dict(payload)))
        return self.plan.pop(0) if self.plan else Accepted(200)


@dataclass
class World:
    """The queue of callbacks, its dead letters, the function between them and the receiver."""

    sender: ModuleType
    receiver: Receiver
    urls: dict[str, str]

    def put(self, *callbacks: Callback) -> list[dict[str, Any]]:
        queue_callbacks(boto3.client("sqs"), self.urls["calls"], callbacks)
        return self.waiting("calls")

    def waiting(self, name: str) -> list[dict[str, Any]]:
        received = boto3.client("sqs").receive_message(
            QueueUrl=self.urls[name], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        messages: list[dict[str, Any]] = received.get("Messages", [])
        return messages

    def send(self, messages: list[dict[str, Any]]) -> list[str]:
        """The ids of those that come again."""
        records = [
            {"messageId": one["MessageId"], "receiptHandle": one["ReceiptHandle"], "body": one["Body"]}
            for one in messages
        ]
        answer = self.sender.handler({"Records": records}, LambdaContext())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def reason(self) -> str:
        """Why the one dead letter is dead."""
        (dead,) = self.waiting("dead")
        return str(dead["MessageAttributes"]["Reason"]["StringValue"])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        sqs = boto3.client("sqs", region_name="us-east-1")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("calls", "dead")}
        boto3.client("dynamodb").create_table(
            TableName="ledger",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for name, value in {
            "CALLBACKS_NAME": "records",
            "QUEUE_URL": urls["calls"],
            "DEAD_LETTERS_URL": urls["dead"],
            "LEDGER_TABLE": "ledger",
            "CALLBACK_URL": "https://records.example.com/v1/callbacks",
            "CALLBACK_SECRET_ARN": "arn:secret",
            "MOST_ATTEMPTS": "3",
        }.items():
            monkeypatch.setenv(name, value)
        sys.modules.pop("patterns.callbacks.sender", None)
        sender = importlib.import_module("patterns.callbacks.sender")
        receiver = Receiver()
        delivery = vars(sender)["_DELIVERY"]
        monkeypatch.setitem(
            vars(sender), "_DELIVERY", type(delivery)(receiver, delivery.ledger, delivery.most_attempts)
        )
        yield World(sender, receiver, urls)


def counted(output: str) -> dict[str, int]:
    """The counts of the one metric line."""
    (line,) = [json.loads(one) for one in output.splitlines() if '"_aws"' in one]
    names = [metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    return {name: line[name] for name in names}


def test_a_callback_is_posted_once_however_often_it_is_put(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.send(world.put(CALLBACK, CALLBACK)) == []
    assert world.receiver.posts == [("bounce_1", dict(CALLBACK.body))]
    assert counted(capsys.readouterr().out) == {"Delivered": 1, "Duplicates": 1}


def test_a_receiver_that_asks_for_patience_is_asked_again_and_never_given_up(world: World) -> None:
    messages = world.put(CALLBACK)
    world.receiver.plan = [RetryLater("http_429", 1.0)] * 6
    for _ in range(6):
        assert len(world.send(messages)) == 1
    assert world.send(messages) == []
    assert len(world.receiver.posts) == 7
    assert len({key for key, _ in world.receiver.posts}) == 1
    assert world.waiting("dead") == []


def test_patience_counts_for_nothing_even_after_the_last_attempt(world: World) -> None:
    messages = world.put(CALLBACK)
    world.receiver.plan = [RetryLater("http_500"), RetryLater("http_500"), RetryLater("http_503", 1.0)]
    assert [len(world.send(messages)) for _ in range(4)] == [1, 1, 1, 0]
    assert world.waiting("dead") == []


def test_a_callback_that_is_refused_is_dead_with_the_reason(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.receiver.plan = [Rejected("http_400")]
    assert world.send(world.put(CALLBACK)) == []
    assert counted(capsys.readouterr().out) == {"Failed": 1}
    assert world.reason() == "http_400"


@pytest.mark.parametrize("outcome", [RetryLater("http_500"), Unknown("ReadTimeoutError")])
def test_a_callback_that_fails_too_often_is_dead_with_the_reason(world: World, outcome: Outcome) -> None:
    messages = world.put(CALLBACK)
    world.receiver.plan = [outcome] * 3
    assert [len(world.send(messages)) for _ in range(3)] == [1, 1, 0]
    assert "after 3 attempts" in world.reason()


@pytest.mark.parametrize("outcome", [Rejected("http_400"), Unknown("ReadTimeoutError")])
def test_a_dead_callback_that_is_moved_back_is_tried_anew(world: World, outcome: Outcome) -> None:
    messages = world.put(CALLBACK)
    world.receiver.plan = [outcome] * 3
    while world.send(messages):
        pass
    world.receiver.plan.clear()
    world.receiver.posts.clear()
    (dead,) = world.waiting("dead")
    assert world.send([dead]) == []
    assert world.receiver.posts == [("bounce_1", dict(CALLBACK.body))]
    assert world.send([dead, *messages]) == []
    assert len(world.receiver.posts) == 1


def test_a_lost_answer_is_repeated_under_the_same_key(world: World) -> None:
    messages = world.put(CALLBACK)
    world.receiver.plan = [Unknown("ProtocolError")]
    assert len(world.send(messages)) == 1
    assert world.send(messages) == []
    assert [key for key, _ in world.receiver.posts] == ["bounce_1", "bounce_1"]


def test_a_callback_that_another_worker_posts_comes_again(world: World) -> None:
    messages = world.put(CALLBACK)
    vars(world.sender)["_DELIVERY"].ledger.claim(CALLBACK.key, repeatable=True)
    assert len(world.send(messages)) == 1
    assert world.receiver.posts == []


def test_dead_letters_that_cannot_be_kept_bring_the_callback_back_and_nothing_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = world.put(CALLBACK)
    world.receiver.plan = [Rejected("http_400")]
    queue = vars(world.sender)["_QUEUE"]
    with monkeypatch.context() as broken:
        broken.setattr(queue, "_dead_letters_url", "https://sqs.us-east-1.amazonaws.com/1/none")
        assert len(world.send(messages)) == 1
    assert world.send(messages) == []
    assert world.reason() == "http_400"
    assert len(world.receiver.posts) == 1


def test_a_ledger_that_does_not_answer_holds_up_that_callback_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = vars(world.sender)["_DELIVERY"].ledger
    claim = ledger.claim

    def claim_or_fail(key: str, **options: Any) -> Any:
        if key == CALLBACK.key:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
        return claim(key, **options)

    monkeypatch.setattr(ledger, "claim", claim_or_fail)
    messages = world.put(CALLBACK, Callback("bounce_2", {}))
    assert len(world.send(messages)) == 1
    assert [key for key, _ in world.receiver.posts] == ["bounce_2"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{not json", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"body": {}}', "key must be"),
        ('{"key": "a.b", "body": {}}', "key must be"),
        (json.dumps({"key": "k" * 257, "body": {}}), "key must be"),
        ('{"key": "k", "body": []}', "body must be an object"),
        ('{"key": "k", "body": {}, "generation": true}', "generation must be"),
        ('{"key": "k", "body": {}, "generation": -1}', "generation must be"),
    ],
)
def test_what_is_no_callback_is_dead_with_the_reason_and_stops_nobody(
    world: World, text: str, reason: str
) -> None:
    boto3.client("sqs").send_message(QueueUrl=world.urls["calls"], MessageBody=text)
    messages = world.put(CALLBACK)
    assert len(messages) == 2
    assert world.send(messages) == []
    assert reason in world.reason()
    assert len(world.receiver.posts) == 1


def test_a_callback_survives_the_queue_as_it_was() -> None:
    assert callback_from_json(CALLBACK.to_json()) == CALLBACK
    assert callback_from_json('{"key": "k", "body": {}}') == Callback("k", {})


def test_no_address_is_in_any_log_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.receiver.plan = [Rejected("http_400")]
    with caplog.at_level(logging.INFO):
        world.send(world.put(CALLBACK))
    assert caplog.records
    assert ADDRESS not in " ".join(str(vars(record)) for record in caplog.records)
