"""Seconds of one handler's work in this process: `python -m bench.handler_seconds message_requests 1000`.

Run by `bench/handlers.py` with the Lambda source root on the path.
"""

import base64
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import boto3
from moto import mock_aws

from tests.support.audience_sync import creation, sync_desk
from tests.support.lambda_context import LambdaContext
from tests.support.message_room import message_room
from tests.support.user_events import desk

_BATCH: Final = 500
# What Lambda hands to the sync.
_MOST_CHANGES: Final = 100


def message_requests(items: int) -> float:
    """Seconds for requests of one recipient each, every one sent to."""
    with message_room() as room:
        room.ask(*(_message_request(number) for number in range(items)))
        began = time.perf_counter()
        room.run(rounds=items, most=_BATCH)
        seconds = time.perf_counter() - began
        _require(room.project.sent.total(), items)
    return seconds


def events_of_users(items: int) -> float:
    """Seconds for events of one endpoint each, every one taken."""
    with desk() as room:
        records = [
            room.record({**_EVENT, "EventId": f"e{number}", "EndpointId": f"p{number}"}, f"m-{number}")
            for number in range(items)
        ]
        began = time.perf_counter()
        for start in range(0, items, _BATCH):
            room.work(*records[start : start + _BATCH])
        seconds = time.perf_counter() - began
        _require(len(room.project.taken), items)
    return seconds


def changes_of_endpoints(items: int) -> float:
    """Seconds for changes that each make one endpoint."""
    with sync_desk() as desk:
        began = time.perf_counter()
        for start in range(0, items, _MOST_CHANGES):
            desk.work(*(creation(f"e{number}") for number in range(start, min(items, start + _MOST_CHANGES))))
        seconds = time.perf_counter() - began
        _require(len(desk.project.stored), items)
    return seconds


def event_stream(items: int) -> float:
    """Seconds for records of the event stream, each of which calls for one callback."""
    with mock_aws():
        sqs = boto3.client("sqs")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("calls", "malformed")}
        os.environ |= {"CALLBACKS_QUEUE_URL": urls["calls"], "MALFORMED_QUEUE_URL": urls["malformed"]}
        # Its clients and settings are made when it is imported.
        consumer = importlib.import_module("patterns.engagement_events.consumer")
        began = time.perf_counter()
        for start in range(0, items, _BATCH):
            records = [_bounce(number) for number in range(start, min(items, start + _BATCH))]
            failed = consumer.handler({"Records": records}, LambdaContext())["batchItemFailures"]
            _require(len(failed), 0)
        seconds = time.perf_counter() - began
        answer = sqs.get_queue_attributes(
            QueueUrl=urls["calls"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        _require(int(answer["Attributes"]["ApproximateNumberOfMessages"]), items)
    return seconds


_EVENT: Final = {
    "EndpointExists": True,
    "EventType": "custom.cart_abandoned",
    "Timestamp": "2026-11-25T10:00:00Z",
}


def _message_request(number: int) -> str:
    return json.dumps(
        {
            "request_id": f"r{number}",
            "channel": "EMAIL",
            "message": {"SimpleEmail": {"TextPart": {"Data": "Hello"}}},
            "recipients": [{"address": f"p{number}@example.com"}],
        }
    )


def _bounce(number: int) -> dict[str, Any]:
    mail = {"message_id": f"m{number}", "destination": [f"p{number}@example.com"]}
    event = {
        "event_type": "_email.hardbounce",
        "arrival_timestamp": 1_764_000_000_000,
        "facets": {"email_channel": {"mail_event": {"mail": mail}}},
    }
    data = base64.b64encode(json.dumps(event).encode()).decode()
    return {"kinesis": {"data": data, "sequenceNumber": str(number)}, "eventSource": "aws:kinesis"}


def _require(done: int, items: int) -> None:
    if done != items:
        raise RuntimeError(f"{done:,} of {items:,} items were dealt with: the figure would mean nothing")


HANDLERS: Final[Mapping[str, Callable[[int], float]]] = {
    "message_requests": message_requests,
    "events_of_users": events_of_users,
    "changes_of_endpoints": changes_of_endpoints,
    "event_stream": event_stream,
}


if __name__ == "__main__":
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    print(HANDLERS[sys.argv[1]](int(sys.argv[2])))
