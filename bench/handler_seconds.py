"""Seconds of one handler's work in this process: `python -m bench.handler_seconds message_requests 1000`.

Run by `bench/handlers.py` with the Lambda source root on the path.
"""

import base64
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from patterns.campaign_hooks.frequency_cap import FrequencyCap
from patterns.campaign_hooks.hook import Hook
from patterns.campaign_hooks.places import Places
from patterns.custom_channel.acceptance import accept
from tests.support.audience_sync import creation, sync_desk
from tests.support.lambda_context import LambdaContext
from tests.support.message_room import message_room
from tests.support.payloads import payload
from tests.support.two_way_sms import notification, room
from tests.support.user_events import desk

_BATCH: Final = 500
# What Lambda hands to the sync.
_MOST_CHANGES: Final = 100
# What Lambda hands to the worker of two-way SMS.
_MOST_MESSAGES: Final = 10
# What Pinpoint hands to a channel or a hook.
_MOST_ENDPOINTS: Final = 50


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
    os.environ |= {"CALLBACKS_QUEUE_URL": "callbacks", "MALFORMED_QUEUE_URL": "malformed"}
    # Its settings are read and its client is made when it is imported.
    consumer = importlib.import_module("patterns.engagement_events.consumer")
    queue = _Queue()
    vars(consumer)["_SQS"] = queue
    began = time.perf_counter()
    for start in range(0, items, _BATCH):
        records = [_bounce(number) for number in range(start, min(items, start + _BATCH))]
        failed = consumer.handler({"Records": records}, LambdaContext())["batchItemFailures"]
        _require(len(failed), 0)
    seconds = time.perf_counter() - began
    _require(queue.taken, items)
    return seconds


def channel_batches(items: int) -> float:
    """Seconds for endpoints that a custom channel takes over, each queued as one message."""
    queue = _Queue()
    return _endpoints_handed_over(
        lambda event: accept(event, queue, "queue"), "custom_channel/campaign", items
    )


def campaign_hook(items: int) -> float:
    """Seconds for endpoints that a hook decides on, each of another user who is below the cap."""
    with ThreadPoolExecutor(1) as threads:
        places = Places(_NewTable(), "places", most=3, window=86400)
        hook = Hook([FrequencyCap(places, threads)], None, budget=10)
        return _endpoints_handed_over(hook.answer, "campaign_hook/campaign", items)


def inbound_messages(items: int) -> float:
    """Seconds for texts of one handset each, every one answered."""
    # moto loses writes that two threads make at once.
    with room(threads=1) as desk:
        texts = [
            notification(message_id=f"in-{number}", sender=f"+1425{number:07}") for number in range(items)
        ]
        began = time.perf_counter()
        for start in range(0, items, _MOST_MESSAGES):
            _require(len(desk.process(*texts[start : start + _MOST_MESSAGES])), 0)
        seconds = time.perf_counter() - began
        _require(len(desk.sent), items)
    return seconds


class _Queue:
    """A queue that takes everything and only counts it: that of moto slows down with what is in it."""

    def __init__(self) -> None:
        self.taken = 0

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.taken += len(request["Entries"])
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}


class _NewTable:
    """A table that knows nobody yet: that of moto is copied whole for each transaction."""

    def batch_get_item(self, **_request: Any) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": {}}

    def transact_write_items(self, **_request: Any) -> dict[str, Any]:
        return {}


def _endpoints_handed_over(take: Callable[[object], Collection[object]], event: str, items: int) -> float:
    """Seconds for a campaign's batches of endpoints, of which each has to be in the answer."""
    campaign, answered = payload(event), 0
    began = time.perf_counter()
    for start in range(0, items, _MOST_ENDPOINTS):
        endpoints = {
            f"e{number}": {"ChannelType": "CUSTOM", "Address": f"p{number}", "User": {"UserId": f"u{number}"}}
            for number in range(start, min(items, start + _MOST_ENDPOINTS))
        }
        answered += len(take({**campaign, "Endpoints": endpoints}))
    seconds = time.perf_counter() - began
    _require(answered, items)
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
    "channel_batches": channel_batches,
    "campaign_hook": campaign_hook,
    "inbound_messages": inbound_messages,
}


if __name__ == "__main__":
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    print(HANDLERS[sys.argv[1]](int(sys.argv[2])))
