"""Which campaign follows an import, whether it may, and how it is found again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from patterns.segment_import.source import Source

# The console shows no longer names.
_LONGEST_NAME: Final = 64
_RUNNING: Final = frozenset({"SCHEDULED", "EXECUTING", "PENDING_NEXT_RUN"})


@dataclass(frozen=True)
class Refusal:
    """Why a segment is not sent to.

    Attributes:
        reason: What it is reported under.
        detail: In counts.
    """

    reason: str
    detail: str


def refusal(state: Mapping[str, Any], at_most_bad: float) -> Refusal | None:
    """Why nothing may be sent after an import; None if something may.

    Args:
        state: What the steps left: `check` and `job`.
        at_most_bad: The share of rows that may be bad, 0 to 1: quarantined, or refused by the import job.
    """
    checked, job = state["check"], state["job"]
    if job["processed"] <= job["failures"]:
        return Refusal("no_good_row", f"the import job took none of {job['processed']} rows")
    rows, bad = checked["rows"], checked["quarantined"] + job["failures"]
    if bad > at_most_bad * rows:
        return Refusal("too_many_bad_rows", f"{bad} of {rows} rows are bad, at most {at_most_bad:.1%} may be")
    return None


def campaign_name(beginning: str, source: Source) -> str:
    """The name of the one campaign of a file's version: always the same, and no other's."""
    first = f"{beginning}-{source.segment_name}"[: _LONGEST_NAME - len(source.mark) - 1]
    return f"{first}-{source.mark}"


def find_campaign(pinpoint: Any, application_id: str, name: str) -> dict[str, Any] | None:
    """The campaign of a name, if there is one.

    Args:
        pinpoint: A boto3 Pinpoint client.
        application_id: The project.
        name: As `campaign_name` gives it.
    """
    return next((each for each in _campaigns(pinpoint, application_id) if each.get("Name") == name), None)


def is_running(campaign: Mapping[str, Any] | None) -> bool:
    """Whether a campaign still sends, or is about to."""
    return campaign is not None and campaign["State"]["CampaignStatus"] in _RUNNING


def _campaigns(pinpoint: Any, application_id: str) -> Iterator[dict[str, Any]]:
    page: dict[str, str] = {}
    while True:
        found: dict[str, Any] = pinpoint.get_campaigns(ApplicationId=application_id, PageSize="100", **page)[
            "CampaignsResponse"
        ]
        yield from found["Item"]
        if not found.get("NextToken"):
            return
        page = {"Token": found["NextToken"]}
