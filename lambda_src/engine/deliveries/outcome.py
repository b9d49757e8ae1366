"""What can become of a targeted endpoint."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.senders.outcome import SendOutcome

_CAMPAIGN_STATUS: Final = {
    "SUCCESSFUL": "SUCCESS",
    "THROTTLED": "THROTTLED",
    "TEMPORARY_FAILURE": "TRANSIENT_FAILURE",
    "PERMANENT_FAILURE": "FAILURE_PERMANENT",
    "UNKNOWN_FAILURE": "UNKNOWN",
    # A campaign has no status of its own for a number that opted out: `_SMS.OPTOUT` says it.
    "OPT_OUT": "FAILURE_PERMANENT",
}
HELD_BACK: Final = "NotSent.SAFETY_CATCH"
DEAD_LETTERED: Final = "NotSent.DEAD_LETTERED"


@dataclass(frozen=True)
class Outcomes:
    """The end of each endpoint of a batch, by lower-cased id, each exactly once.

    An outcome is `Status.<campaign_send_status>`, which becomes an event, or `NotSent.<reason>`.
    """

    of: dict[str, str]

    def set(self, ids: Iterable[str], outcome: str) -> None:
        for endpoint_id in ids:
            self.of.setdefault(endpoint_id, outcome)

    def counters(self) -> dict[str, int]:
        """What to count on the activity."""
        counts = {f"Metric.{outcome}": count for outcome, count in Counter(self.of.values()).items()}
        if successes := counts.get("Metric.Status.SUCCESS"):
            counts["SuccessfulEndpointCount"] = successes
        return counts


def status_of(outcome: str) -> str | None:
    """The documented status of an outcome; None if it has none."""
    kind, _, name = outcome.partition(".")
    return name if kind == "Status" else None


def outcome_of(sent: SendOutcome) -> str:
    """The outcome of a message that was handed to a service."""
    return HELD_BACK if sent.held_back else f"Status.{_CAMPAIGN_STATUS[sent.status]}"
