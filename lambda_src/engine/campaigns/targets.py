"""Who of the endpoints in a segment a campaign is sent to, and how many are left out for which reason."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.campaigns.eligibility import is_held_out, sender_for, why_left_out
from engine.store import Document

BATCH_SIZE: Final = 50
_HELD_OUT: Final = "HOLDOUT"


@dataclass
class Targets:
    """What was found among some endpoints so far.

    Attributes:
        groups: Lower-cased endpoint ids by sender; `HOLDOUT` for those that only get an event.
        left_out: How many are not targeted, by reason.
    """

    groups: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    left_out: Counter[str] = field(default_factory=Counter[str])

    def sort(self, campaign: Mapping[str, Any], endpoint: Document) -> None:
        """Put an endpoint of the segment where it belongs."""
        if reason := why_left_out(campaign, endpoint):
            self.left_out[reason] += 1
            return
        held_out = is_held_out(campaign, endpoint)
        kind = _HELD_OUT if held_out else str(sender_for(campaign, endpoint["ChannelType"]))
        self.groups.setdefault(kind, []).append(endpoint["Id"].lower())

    def batches(self) -> Iterator[Document]:
        """The batches to deliver, each of one sender."""
        for kind, names in self.groups.items():
            for start in range(0, len(names), BATCH_SIZE):
                yield {"Kind": kind, "Ids": names[start : start + BATCH_SIZE], "State": "OPEN"}

    def counts(self) -> dict[str, int]:
        """What to count on the activity."""
        counts = {f"Metric.LeftOut.{reason}": count for reason, count in self.left_out.items()}
        held_out = len(self.groups.get(_HELD_OUT, ()))
        counts["TotalEndpointCount"] = sum(map(len, self.groups.values())) - held_out
        if held_out:
            counts[f"Metric.LeftOut.{_HELD_OUT}"] = held_out
        return counts
