"""Results go back to the project as events, so that they reach its event stream.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-events.html.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.ledger import State
from pinpoint_runtime.project_events import LONGEST_VALUE, ProjectEvent, Refused, put_events, timestamp

EVENT_TYPE: Final = "isv_channel.delivery"


@dataclass(frozen=True)
class Result:
    """How a message ended."""

    message: ChannelMessage
    state: State
    reason: str

    @property
    def event_id(self) -> str:
        return f"{self.message.key}-{self.message.generation}"


def publish(pinpoint: Any, channel: str, results: Sequence[Result], now: float) -> dict[str, Refused]:
    """Put the results' events.

    Args:
        pinpoint: A boto3 Pinpoint client.
        channel: The channel's name.
        results: Of one or several projects.
        now: Epoch seconds.

    Returns:
        Those not taken, by event id.
    """
    by_project: dict[str, list[ProjectEvent]] = defaultdict(list)
    for result in results:
        by_project[result.message.application_id].append(_event(result, channel, now))
    refused: dict[str, Refused] = {}
    for application_id, events in by_project.items():
        refused |= put_events(pinpoint, application_id, events)
    return refused


def _event(result: Result, channel: str, now: float) -> ProjectEvent:
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
    event = {
        "EventType": EVENT_TYPE,
        "Timestamp": timestamp(now),
        "Attributes": {name: value[:LONGEST_VALUE] for name, value in attributes.items() if value},
    }
    return ProjectEvent(message.endpoint_id, result.event_id, event)
