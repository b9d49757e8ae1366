"""PutEvents: endpoints are written, events go to the stream and to the campaigns that they set off.

Every item has its own result.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-events.html
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from engine import choices
from engine.context import Context, epoch_ms
from engine.endpoints.apply import apply_changes
from engine.endpoints.change import EndpointChange
from engine.errors import BadRequest, PayloadTooLarge
from engine.operations.apps import require_application
from engine.operations.registry import Request
from engine.store import Document
from engine.stream.outbox import emit
from engine.stream.records import app_event

_MAX_EVENTS: Final = 100
_MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024
_MAX_EVENT_BYTES: Final = 1000 * 1024
_MAX_KEYS: Final = 40
_MAX_KEY: Final = 50
_MAX_VALUE: Final = 200
_FORBIDDEN_IN_TYPE: Final = re.compile(r"[#:?\\/]")
_ACCEPTED: Final = {"StatusCode": 202, "Message": "Accepted"}


def put_events(context: Context, request: Request) -> dict[str, Any]:
    """PutEvents: one bad item fails none of the others."""
    application_id = request["ApplicationId"]
    require_application(context, application_id)
    items: dict[str, Document] = request["EventsRequest"]["BatchItem"]
    _check(items)
    changes = [EndpointChange(endpoint_id, item["Endpoint"]) for endpoint_id, item in items.items()]
    outcomes = apply_changes(context, application_id, changes)
    results: dict[str, Any] = {}
    records: list[Document] = []
    ids: list[str] = []
    for (endpoint_id, item), outcome in zip(items.items(), outcomes, strict=True):
        if outcome.document is None:
            assert outcome.error is not None
            refused = {"StatusCode": outcome.error.status, "Message": outcome.error.message}
            results[endpoint_id] = {
                "EndpointItemResponse": refused,
                "EventsItemResponse": dict.fromkeys(item["Events"], refused),
            }
            continue
        answers, accepted = _events(context, application_id, endpoint_id, outcome.document, item["Events"])
        results[endpoint_id] = {"EndpointItemResponse": _ACCEPTED, "EventsItemResponse": answers}
        records += accepted.values()
        # An app that repeats an event of an endpoint repeats its id.
        ids += (f"{endpoint_id.lower()}\n{event_id}" for event_id in accepted)
    emit(context, application_id, records, ids=ids, filter_type="ENDPOINT")
    return {"Results": results}


def _check(items: Mapping[str, Document]) -> None:
    count = sum(len(item["Events"]) for item in items.values())
    if count > _MAX_EVENTS:
        raise BadRequest(f"EventsRequest.BatchItem must hold at most {_MAX_EVENTS} events, got {count}")
    size = len(json.dumps(items, ensure_ascii=False, separators=(",", ":")).encode())
    if size > _MAX_REQUEST_BYTES:
        raise PayloadTooLarge(f"a request of events must have at most {_MAX_REQUEST_BYTES} bytes, got {size}")


def _events(
    context: Context,
    application_id: str,
    endpoint_id: str,
    endpoint: Document,
    events: Mapping[str, Document],
) -> tuple[dict[str, Any], dict[str, Document]]:
    """The answers to one endpoint's events, and the records of those that are accepted, by event id."""
    answers: dict[str, Any] = {}
    records: dict[str, Document] = {}
    for event_id, event in events.items():
        try:
            moment = _checked(event)
        except BadRequest as error:
            answers[event_id] = {"StatusCode": 400, "Message": error.message}
            continue
        answers[event_id] = _ACCEPTED
        records[event_id] = app_event(
            context,
            application_id=application_id,
            endpoint_id=endpoint_id,
            endpoint=endpoint,
            event=event,
            event_timestamp=epoch_ms(moment),
        )
    return answers, records


def _checked(event: Document) -> datetime:
    """The event's own moment, if the event keeps every rule."""
    event_type = event["EventType"]
    if not 1 <= len(event_type) <= _MAX_KEY or _FORBIDDEN_IN_TYPE.search(event_type):
        raise BadRequest(f"EventType must have 1 to {_MAX_KEY} characters, without # : ? \\ /")
    attributes, metrics = event.get("Attributes", {}), event.get("Metrics", {})
    if len(attributes) + len(metrics) > _MAX_KEYS:
        raise BadRequest(
            f"an event has at most {_MAX_KEYS} attributes and metrics, got {len(attributes) + len(metrics)}"
        )
    for name in [*attributes, *metrics]:
        if not 1 <= len(name) <= _MAX_KEY:
            raise BadRequest(f"a name of an attribute or metric must have 1 to {_MAX_KEY} characters")
    for name, value in attributes.items():
        if len(value) > _MAX_VALUE:
            raise BadRequest(f"Attributes.{name} must have at most {_MAX_VALUE} characters, got {len(value)}")
    size = len(json.dumps(event, ensure_ascii=False).encode())
    if size > _MAX_EVENT_BYTES:
        raise BadRequest(f"an event must have at most {_MAX_EVENT_BYTES} bytes, got {size}")
    session = event.get("Session", {})
    for member in ("StartTimestamp", "StopTimestamp"):
        if member in session:
            _moment(f"Session.{member}", session[member])
    return _moment("Timestamp", event["Timestamp"])


def _moment(member: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{member} must be an ISO 8601 date and time, got {text[:40]!r}") from None
    if moment.tzinfo is None:
        if not choices.NAIVE_EVENT_TIME_IS_UTC:
            raise BadRequest(f"{member} must say its offset from UTC, got {text[:40]!r}")
        moment = moment.replace(tzinfo=UTC)
    return moment
