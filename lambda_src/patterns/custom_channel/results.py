"""Results go back to the project as events, so that they reach its event stream.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-events.html.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.ledger import State

EVENT_TYPE: Final = "isv_channel.delivery"
_MOST_EVENTS: Final = 100
# A longer value loses the whole event.
_LONGEST_VALUE: Final = 200


@dataclass(frozen=True)
class Result:
    """How a message ended."""

    message: ChannelMessage
    state: State
    reason: str

    @property
    def event_id(self) -> str:
        return f"{self.message.key}-{self.message.generation}"


@dataclass(frozen=True)
class Refused:
    """An event that the project did not take. `permanent` says that it never will."""

    reason: str
    permanent: bool


def publish(pinpoint: Any, channel: str, results: Sequence[Result], now: float) -> dict[str, Refused]:
    """Put the results' events, 100 a call.

    Args:
        pinpoint: A boto3 Pinpoint client.
        channel: The channel's name.
        results: Of one or several projects.
        now: Epoch seconds.

    Returns:
        Those not taken, by event id. A 202 for the whole says nothing about each.
    """
    by_project: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_project[result.message.application_id].append(result)
    refused: dict[str, Refused] = {}
    for application_id, own in by_project.items():
        for start in range(0, len(own), _MOST_EVENTS):
            chunk = own[start : start + _MOST_EVENTS]
            refused |= _put(pinpoint, application_id, chunk, channel, now)
    return refused


def _put(
    pinpoint: Any, application_id: str, results: Sequence[Result], channel: str, now: float
) -> dict[str, Refused]:
    batch: dict[str, dict[str, Any]] = defaultdict(lambda: {"Endpoint": {}, "Events": {}})
    for result in results:
        batch[result.message.endpoint_id]["Events"][result.event_id] = _event(result, channel, now)
    try:
        answer = pinpoint.put_events(ApplicationId=application_id, EventsRequest={"BatchItem": dict(batch)})
    except Exception as error:  # noqa: BLE001 (whatever it was, the results are still to be told)
        return {result.event_id: Refused(type(error).__name__, permanent=False) for result in results}
    items = answer["EventsResponse"].get("Results", {})
    refusals = {
        result.event_id: _refusal(items.get(result.message.endpoint_id, {}), result.event_id)
        for result in results
    }
    return {event_id: refusal for event_id, refusal in refusals.items() if refusal}


def _refusal(item: Mapping[str, Any], event_id: str) -> Refused | None:
    answer = item.get("EventsItemResponse", {}).get(event_id) or item.get("EndpointItemResponse") or {}
    status = answer.get("StatusCode", 500)
    if 200 <= status < 300:
        return None
    return Refused(f"result_event_{status}", permanent=400 <= status < 500 and status != 429)


def _event(result: Result, channel: str, now: float) -> dict[str, Any]:
    message = result.message
    attributes = {
        "channel": channel,
        "status": result.state.value,
        "reason": result.reason,
        "campaign_id": message.campaign_id,
        "campaign_activity_id": message.activity_id,
        "treatment_id": message.treatment_id,
        "journey_id": message.journey_id,
        "message_key": message.key,
    }
    return {
        "EventType": EVENT_TYPE,
        "Timestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "Attributes": {name: value[:_LONGEST_VALUE] for name, value in attributes.items() if value},
    }
