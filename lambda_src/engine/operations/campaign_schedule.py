"""What a campaign's schedule may say: at once and once, or in response to events.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html (Schedule)
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine import choices
from engine.campaigns.schedule import IMMEDIATE, moment_of
from engine.errors import BadRequest, NotYetImplemented
from engine.operations.campaign_rules import check_quiet_time
from engine.operations.segment_grammar import check_attribute, check_metric, check_set


def check_schedule(schedule: Mapping[str, Any], path: str, now: datetime) -> None:
    """Refuse a schedule that cannot be kept.

    Args:
        schedule: A `Schedule`.
        path: Where it stands in the request.
        now: The moment it has to begin or end after.

    Raises:
        BadRequest: Names the member and what it must be.
        NotYetImplemented: The API has it, and this engine does not serve it.
    """
    frequency = schedule.get("Frequency", "ONCE")
    if frequency == "EVENT":
        _check_window(schedule, path, now)
        _check_filter(schedule.get("EventFilter"), f"{path}.EventFilter")
    elif frequency != "ONCE":
        raise NotYetImplemented(f"{path}.Frequency: this engine serves ONCE and EVENT only, got {frequency}")
    elif schedule.get("EventFilter"):
        raise BadRequest(f"{path}.EventFilter is only allowed with the Frequency EVENT")
    elif schedule["StartTime"] != IMMEDIATE:
        raise NotYetImplemented(
            f"{path}.StartTime: this engine serves IMMEDIATE only, unless the Frequency is EVENT, "
            f"got {schedule['StartTime'][:40]!r}"
        )
    check_quiet_time(schedule.get("QuietTime"), f"{path}.QuietTime")


def _check_window(schedule: Mapping[str, Any], path: str, now: datetime) -> None:
    if schedule.get("IsLocalTime"):
        raise NotYetImplemented(f"{path}.IsLocalTime is not served by this engine with Frequency EVENT")
    start = now
    if schedule["StartTime"] != IMMEDIATE:
        start = _moment(schedule["StartTime"], f"{path}.StartTime", f"{IMMEDIATE} or ")
    if not schedule.get("EndTime"):
        if choices.EVENT_CAMPAIGN_NEEDS_AN_END:
            raise BadRequest(f"{path}.EndTime is required with the Frequency EVENT")
        return
    end = _moment(schedule["EndTime"], f"{path}.EndTime")
    if end <= max(start, now):
        raise BadRequest(
            f"{path}.EndTime must be later than now and than {path}.StartTime, got {schedule['EndTime']!r}"
        )


def _moment(text: str, path: str, otherwise: str = "") -> datetime:
    try:
        return moment_of(text)
    except (ValueError, OverflowError):
        raise BadRequest(
            f"{path} must be {otherwise}a time such as 2026-11-24T12:00:00Z, got {text[:40]!r}"
        ) from None


def _check_filter(event_filter: Mapping[str, Any] | None, path: str) -> None:
    if not event_filter:
        raise BadRequest(f"{path} is required with the Frequency EVENT")
    dimensions: Mapping[str, Any] = event_filter["Dimensions"]
    if choices.EMPTY_EVENT_FILTER_IS_REFUSED and not any(dimensions.values()):
        raise BadRequest(
            f"{path}.Dimensions must have an EventType, Attributes or Metrics: every event would fit it"
        )
    if "EventType" in dimensions:
        check_set(dimensions["EventType"], f"{path}.Dimensions.EventType")
    for name, attribute in dimensions.get("Attributes", {}).items():
        check_attribute(attribute, f"{path}.Dimensions.Attributes.{name}")
    for name, metric in dimensions.get("Metrics", {}).items():
        check_metric(metric, f"{path}.Dimensions.Metrics.{name}")
