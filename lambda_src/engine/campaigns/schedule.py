"""When a campaign that is sent in response to events takes them, and its status that follows from that.

Nothing wakes such a campaign up: its status is what its schedule says at the moment somebody looks.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html (Schedule)
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from engine import choices
from engine.context import epoch_ms

IMMEDIATE: Final = "IMMEDIATE"
_OVER: Final = frozenset({"COMPLETED", "DELETED"})


def is_event_campaign(campaign: Mapping[str, Any]) -> bool:
    """Whether a campaign is sent in response to events."""
    return bool(campaign.get("Schedule", {}).get("Frequency") == "EVENT")


def moment_of(text: str) -> datetime:
    """A time of a schedule.

    Raises:
        ValueError: It is not ISO 8601, or says no offset where one is needed.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if not choices.NAIVE_SCHEDULE_IS_UTC:
            raise ValueError("the time says no offset from UTC")
        moment = moment.replace(tzinfo=UTC)
    return moment


def takes_events_at(campaign: Mapping[str, Any], arrival: int) -> bool:
    """Whether an event campaign is sent for events that arrive at a moment (epoch milliseconds)."""
    return _status_at(campaign, arrival) == "EXECUTING"


def status_of_campaign(campaign: Mapping[str, Any], now: datetime) -> str:
    """The `CampaignStatus` of any campaign."""
    if not is_event_campaign(campaign):
        return str(campaign["State"]["CampaignStatus"])
    return _status_at(campaign, epoch_ms(now))


def is_over(campaign: Mapping[str, Any], now: datetime) -> bool:
    """Whether a campaign sends nothing more, whatever happens."""
    return status_of_campaign(campaign, now) in _OVER


def _status_at(campaign: Mapping[str, Any], moment: int) -> str:
    schedule = campaign["Schedule"]
    if campaign["State"]["CampaignStatus"] == "DELETED":
        return "DELETED"
    end = schedule.get("EndTime")
    if end and moment >= epoch_ms(moment_of(end)):
        return "COMPLETED"
    if campaign.get("IsPaused"):
        return "PAUSED"
    start = schedule["StartTime"]
    begins = moment_of(campaign["CreationDate"] if start == IMMEDIATE else start)
    return "EXECUTING" if moment >= epoch_ms(begins) else "SCHEDULED"
