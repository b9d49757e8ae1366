"""Quiet time: the hours in which a message is not sent, in the endpoint's own time zone.

A message that falls inside is not sent later either. An endpoint without a valid `Demographic.Timezone`
has no quiet time.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html (QuietTime)
"""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.store import Document


def is_quiet(
    campaign: Mapping[str, Any], settings: Mapping[str, Any], endpoint: Document, now: datetime
) -> bool:
    """Whether an endpoint must be left in peace now; the campaign's hours go before the application's."""
    quiet = (campaign.get("Schedule") or {}).get("QuietTime") or settings.get("QuietTime") or {}
    zone = _zone(endpoint.get("Demographic", {}).get("Timezone"))
    if not quiet.get("Start") or not quiet.get("End") or zone is None:
        return False
    start, end = time.fromisoformat(quiet["Start"]), time.fromisoformat(quiet["End"])
    clock = now.astimezone(zone).time()
    if start <= end:
        return start <= clock < end
    return clock >= start or clock < end


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
