"""Events of the stream: a hard bounce is told once, the rest passes, what is no event is set aside."""

import base64
import importlib
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from patterns.engagement_events.callbacks import callbacks_for
from patterns.engagement_events.events import CampaignSend, HardBounce, MalformedRecord, OtherEvent, parse
from pinpoint_runtime.callbacks import Callback, callback_from_json
from tests.support.lambda_context import LambdaContext
from tests.support.payloads import payload

ADDRESS = "bounce@simulator.amazonses.com"


def bounce(**changes: Any) -> dict[str, Any]:
    return payload("pinpoint_stream/email_hardbounce") | changes


def parsed(record: Any) -> Any:
    return parse(json.dumps(record).encode())


def test_a_hard_bounce_is_read_from_its_facets() -> None:
    event = parsed(bounce())
    assert isinstance(event, HardBounce)
    assert [recipient.address for recipient in event.recipients] == [ADDRESS]
    assert (event.message_id, event.sub_type) == ("0100018c", "General")
    assert event.envelope.endpoint_id == "endpoint-1"


def test_the_client_id_of_transactional_mail_is_no_endpoint() -> None:
    event = parsed(bounce(attributes={"feedback": "received"}))
    assert event.envelope.endpoint_id is None
    (callback,) = callbacks_for(event)
    assert "endpoint_id" not in callback.body


def test_without_bounced_recipients_the_destination_counts() -> None:
    record = bounce()
    record["facets"]["email_channel"]["mail_event"]["bounce"].pop("bounced_recipients")
    assert [recipient.address for recipient in parsed(record).recipients] == [ADDRESS]


def test_a_bounce_that_is_not_permanent_calls_for_nothing() -> None:
    record = payload("pinpoint_stream/email_softbounce") | {"event_type": "_email.hardbounce"}
    assert list(callbacks_for(parsed(record))) == []


def test_the_key_of_a_callback_is_the_same_whenever_the_event_comes() -> None:
    (first,) = callbacks_for(parsed(bounce()))
    (again,) = callbacks_for(parsed(bounce(arrival_timestamp=1764999999999)))
    assert first.key == again.key
    assert ADDRESS not in first.key


@pytest.mark.parametrize(
    "event_type", ["_email.open", "_SMS.BUFFERED", "_session.start", "custom.purchase", "_new.kind"]
)
def test_other_and_unknown_events_pass(event_type: str) -> None:
    event = parsed(bounce(event_type=event_type, facets={}))
    assert isinstance(event, OtherEvent)
    assert list(callbacks_for(event)) == []


def test_what_became_of_a_campaigns_endpoint_is_read() -> None:
    event = parsed(payload("pinpoint_stream/campaign_send"))
    assert isinstance(event, CampaignSend)
    assert (event.activity_id, event.status) == ("cdef0123456789abcdef0123456789ab", "DAILY_CAP")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{not json", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "event_type is missing"),
        (b'{"event_type": 5, "arrival_timestamp": 1}', "event_type is missing"),
        (b'{"event_type": "x"}', "arrival_timestamp is missing"),
        (b'{"event_type": "x", "arrival_timestamp": 1e300}', "out of range"),
        (b'{"event_type": "x", "arrival_timestamp": 1, "attributes": []}', None),
        (b'{"event_type": "x", "arrival_timestamp": 1, "attributes": [1]}', "attributes is not an object"),
        (b'{"event_type": "_email.hardbounce", "arrival_timestamp": 1}', "without recipients"),
    ],
)
def test_what_is_no_event_has_a_reason(data: bytes, reason: str | None) -> None:
    if reason is None:
        assert isinstance(parse(data), OtherEvent)
        return
    with pytest.raises(MalformedRecord, match=reason):
        parse(data)


@dataclass
class World:
    """The consumer and its queues."""

    consumer: ModuleType
    urls: dict[str, str]

    def consume(self, *data: bytes) -> dict[str, Any]:
        records = [
            {"kinesis": {"data": base64.b64encode(one).decode(), "sequenceNumber": str(number)}}
            for number, one in enumerate(data)
        ]
        answer: dict[str, Any] = self.consumer.handler({"Records": records}, LambdaContext())
        return answer

    def waiting(self, name: str) -> list[dict[str, Any]]:
        received = boto3.client("sqs").receive_message(QueueUrl=self.urls[name], MaxNumberOfMessages=10)
        messages: list[dict[str, Any]] = received.get("Messages", [])
        return messages

    def callbacks(self) -> list[Callback]:
        return [callback_from_json(one["Body"]) for one in self.waiting("calls")]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        sqs = boto3.client("sqs", region_name="us-east-1")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("calls", "malformed")}
        monkeypatch.setenv("CALLBACKS_QUEUE_URL", urls["calls"])
        monkeypatch.setenv("MALFORMED_QUEUE_URL", urls["malformed"])
        sys.modules.pop("patterns.engagement_events.consumer", None)
        yield World(importlib.import_module("patterns.engagement_events.consumer"), urls)


def encoded(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def test_of_a_batch_of_every_kind_bounce_complaint_and_opt_out_call_for_something(world: World) -> None:
    assert world.consumer.handler(payload("kinesis/pinpoint_events"), LambdaContext()) == {
        "batchItemFailures": []
    }
    told = [callback.body["type"] for callback in world.callbacks()]
    assert told == ["email.hard_bounce", "email.complaint", "email.opt_out", "sms.opt_out"]
    assert world.waiting("malformed") == []


def test_a_hard_bounce_calls_for_one_callback_under_one_key_however_often_it_comes(world: World) -> None:
    assert world.consume(encoded(bounce()), encoded(bounce())) == {"batchItemFailures": []}
    first, again = world.callbacks()
    assert first == again
    assert first.key.startswith("bounce_")
    body = first.body
    assert (body["type"], body["address"], body["campaign_id"]) == ("email.hard_bounce", ADDRESS, "c1")
    assert body["timestamp"] == "2025-11-24T16:00:01.234Z"


def test_a_malformed_record_is_set_aside_with_its_reason_and_stops_nobody(world: World) -> None:
    assert world.consume(b"rubbish", encoded(bounce())) == {"batchItemFailures": []}
    (kept,) = world.waiting("malformed")
    body = json.loads(kept["Body"])
    assert body["reason"] == "the record is not JSON"
    assert base64.b64decode(body["data"]) == b"rubbish"
    assert len(world.waiting("calls")) == 1


def test_a_queue_that_cannot_be_written_to_brings_the_record_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(world.consumer), "_CALLBACKS", "https://sqs.us-east-1.amazonaws.com/1/none")
    answer = world.consume(encoded(bounce(event_type="x")), encoded(bounce()), encoded(bounce()))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_the_callbacks_of_a_batch_share_calls_of_ten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    send = boto3.client("sqs").send_message_batch

    class Counting:
        def send_message_batch(self, **request: Any) -> Any:
            calls.append(len(request["Entries"]))
            return send(**request)

    monkeypatch.setitem(vars(world.consumer), "_SQS", Counting())
    assert world.consume(*(encoded(bounce()) for _ in range(25))) == {"batchItemFailures": []}
    assert calls == [10, 10, 5]


def test_a_callback_that_the_queue_does_not_take_brings_back_its_record_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = boto3.client("sqs").send_message_batch

    class Choosy:
        def send_message_batch(self, **request: Any) -> Any:
            if any("too-large" in entry["MessageBody"] for entry in request["Entries"]):
                raise RuntimeError("BatchRequestTooLong")
            return send(**request)

    monkeypatch.setitem(vars(world.consumer), "_SQS", Choosy())
    large = payload("pinpoint_stream/email_hardbounce")
    large["facets"]["email_channel"]["mail_event"]["mail"]["message_id"] = "too-large"
    answer = world.consume(encoded(bounce()), encoded(large), encoded(bounce()))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert len(world.callbacks()) == 1


def test_no_address_is_in_any_log_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        world.consume(encoded(bounce()), b"rubbish " + ADDRESS.encode())
    assert caplog.records
    assert ADDRESS not in " ".join(str(vars(record)) for record in caplog.records)
