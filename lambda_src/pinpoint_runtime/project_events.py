"""Events to a Pinpoint project: 100 a call, each event's own answer read.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-events.html.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

MOST_EVENTS: Final = 100
# A longer value loses the whole event.
LONGEST_VALUE: Final = 200
# A request has at most 4 MB: what is around the events is not counted here.
_MOST_BYTES: Final = 3_900_000
# The project does not take the call as it is; without the event that is to blame, it would.
_WHOLE_CALL: Final = frozenset({400, 413})


@dataclass(frozen=True)
class ProjectEvent:
    """One event of one endpoint.

    Attributes:
        endpoint_id: Whose event it is.
        event_id: The same whenever it is sent again.
        event: The `Event` of the API: EventType, Timestamp, Attributes, Metrics, Session.
        endpoint: What the call changes of the endpoint; nothing by default.
    """

    endpoint_id: str
    event_id: str
    event: Mapping[str, Any]
    endpoint: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Refused:
    """An event that the project did not take. `permanent` says that it never will."""

    reason: str
    permanent: bool


def timestamp(seconds: float) -> str:
    """A moment as the API wants it: UTC, milliseconds, with its zone."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def put_events(pinpoint: Any, application_id: str, events: Sequence[ProjectEvent]) -> dict[str, Refused]:
    """Put events, as few calls as their number allows.

    Args:
        pinpoint: A boto3 Pinpoint client.
        application_id: The project.
        events: An event id stands for one event; one endpoint's changes travel in their order.

    Returns:
        Those not taken, by event id. A 202 for the whole says nothing about each.
    """
    answers = put_each(pinpoint, application_id, events)
    return {event.event_id: refused for event, refused in zip(events, answers, strict=True) if refused}


def put_each(
    pinpoint: Any,
    application_id: str,
    events: Sequence[ProjectEvent],
    *,
    before_call: Callable[[], None] | None = None,
) -> list[Refused | None]:
    """The same for events whose ids stand for one event of an endpoint: several endpoints may share an id.

    Args:
        pinpoint: A boto3 Pinpoint client.
        application_id: The project.
        events: No endpoint with the same event id twice; one endpoint's changes travel in their order.
        before_call: Keeps the pace. What it raises is why that call's events were not taken.

    Returns:
        For each event why it was not taken, None if it was.
    """
    answers: list[Refused | None] = []
    for chunk in _calls(events):
        answers += _put(pinpoint, application_id, chunk, before_call)
    return answers


def _calls(events: Sequence[ProjectEvent]) -> Iterator[list[ProjectEvent]]:
    """A call has one change an endpoint: an event that brings another one waits for the next call."""
    chunk: list[ProjectEvent] = []
    changes: dict[str, tuple[str, Mapping[str, Any]]] = {}
    room = _MOST_BYTES
    for event in events:
        size = _size(event)
        # Ids that differ by case only are one endpoint.
        name = event.endpoint_id.lower()
        spelled, known = changes.get(name, (event.endpoint_id, {}))
        collides = spelled != event.endpoint_id or bool(known and event.endpoint and known != event.endpoint)
        if len(chunk) == MOST_EVENTS or collides or (chunk and size > room):
            yield chunk
            chunk, changes, room, known = [], {}, _MOST_BYTES, {}
        chunk.append(event)
        changes[name] = (event.endpoint_id, event.endpoint or known)
        room -= size
    if chunk:
        yield chunk


def _size(event: ProjectEvent) -> int:
    """Bytes that an event adds to a request."""
    return len(json.dumps([event.endpoint_id, event.endpoint, event.event_id, event.event]))


def _put(
    pinpoint: Any,
    application_id: str,
    events: Sequence[ProjectEvent],
    before_call: Callable[[], None] | None,
) -> list[Refused | None]:
    batch: dict[str, dict[str, Any]] = defaultdict(lambda: {"Endpoint": {}, "Events": {}})
    for one in events:
        item = batch[one.endpoint_id]
        item["Endpoint"] = item["Endpoint"] or dict(one.endpoint)
        item["Events"][one.event_id] = dict(one.event)
    try:
        if before_call:
            before_call()
        answer = pinpoint.put_events(ApplicationId=application_id, EventsRequest={"BatchItem": dict(batch)})
    except Exception as error:  # noqa: BLE001 (whatever it was, the events are still to be told)
        if not _refuses_the_whole(error):
            return [Refused(type(error).__name__, permanent=False)] * len(events)
        if len(events) == 1:
            return [Refused(type(error).__name__, permanent=True)]
        half = len(events) // 2
        return [
            refused
            for part in (events[:half], events[half:])
            for refused in _put(pinpoint, application_id, part, before_call)
        ]
    items = answer["EventsResponse"].get("Results", {})
    return [_refusal(items.get(one.endpoint_id, {}), one.event_id) for one in events]


def _refuses_the_whole(error: Exception) -> bool:
    return (
        isinstance(error, ClientError)
        and error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in _WHOLE_CALL
    )


def _refusal(item: Mapping[str, Any], event_id: str) -> Refused | None:
    # An event may be taken while its endpoint's change is not.
    answers = (item.get("EventsItemResponse", {}).get(event_id), item.get("EndpointItemResponse"))
    status = max((answer.get("StatusCode", 500) for answer in answers if answer), default=500)
    if 200 <= status < 300:
        return None
    return Refused(f"event_{status}", permanent=400 <= status < 500 and status != 429)
