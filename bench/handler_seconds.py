"""Seconds of one handler's work in this process: `python -m bench.handler_seconds message_requests 1000`.

Run by `bench/handlers.py` with the Lambda source root on the path.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final

from tests.support.message_room import message_room
from tests.support.user_events import desk

_BATCH: Final = 500


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


def _require(done: int, items: int) -> None:
    if done != items:
        raise RuntimeError(f"{done:,} of {items:,} items were dealt with: the figure would mean nothing")


HANDLERS: Final[Mapping[str, Callable[[int], float]]] = {
    "message_requests": message_requests,
    "events_of_users": events_of_users,
}


if __name__ == "__main__":
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    print(HANDLERS[sys.argv[1]](int(sys.argv[2])))
