"""Events to a Pinpoint project: 100 a call, each event's own answer read.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-events.html.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

MOST_EVENTS: Final = 100
# A longer value loses the whole event.
LONGEST_VALUE: Final = 200


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
    refused: dict[str, Refused] = {}
    for chunk in _calls(events):
        refused |= _put(pinpoint, application_id, chunk)
    return refused


def _calls(events: Sequence[ProjectEvent]) -> Iterator[list[ProjectEvent]]:
    """A call has one change an endpoint: an event that brings another one waits for the next call."""
    chunk: list[ProjectEvent] = []
    changes: dict[str, Mapping[str, Any]] = {}
    for event in events:
        known = changes.get(event.endpoint_id)
        collides = bool(known and event.endpoint and known != event.endpoint)
        if len(chunk) == MOST_EVENTS or collides:
            yield chunk
            chunk, changes = [], {}
            known = None
        chunk.append(event)
        changes[event.endpoint_id] = event.endpoint or known or {}
    if chunk:
        yield chunk


def _put(pinpoint: Any, application_id: str, events: Sequence[ProjectEvent]) -> dict[str, Refused]:
    batch: dict[str, dict[str, Any]] = defaultdict(lambda: {"Endpoint": {}, "Events": {}})
    for one in events:
        item = batch[one.endpoint_id]
        item["Endpoint"] = item["Endpoint"] or dict(one.endpoint)
        item["Events"][one.event_id] = dict(one.event)
    try:
        answer = pinpoint.put_events(ApplicationId=application_id, EventsRequest={"BatchItem": dict(batch)})
    except Exception as error:  # noqa: BLE001 (whatever it was, the events are still to be told)
        return {one.event_id: Refused(type(error).__name__, permanent=False) for one in events}
    items = answer["EventsResponse"].get("Results", {})
    refusals = {one.event_id: _refusal(items.get(one.endpoint_id, {}), one.event_id) for one in events}
    return {event_id: refusal for event_id, refusal in refusals.items() if refusal}


def _refusal(item: Mapping[str, Any], event_id: str) -> Refused | None:
    answer = item.get("EventsItemResponse", {}).get(event_id) or item.get("EndpointItemResponse") or {}
    status = answer.get("StatusCode", 500)
    if 200 <= status < 300:
        return None
    return Refused(f"event_{status}", permanent=400 <= status < 500 and status != 429)
