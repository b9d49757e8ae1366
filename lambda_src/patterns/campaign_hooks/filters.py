"""Filters: each says who is left out and why, of those that the ones before it left in."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from patterns.campaign_hooks.batch import Batch, Endpoint

UNREADABLE: Final = "unreadable"
OUT_OF_TIME: Final = "out_of_time"


@dataclass(frozen=True)
class Deadline:
    """When an answer has to be there: Pinpoint drops the whole batch of a hook that is late."""

    at: float
    monotonic: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds that are left, 0 if none."""
        return max(0.0, self.at - self.monotonic())


class Filter(Protocol):
    """Decides on endpoints."""

    def left_out(self, batch: Batch, candidates: Sequence[Endpoint], deadline: Deadline) -> Mapping[str, str]:
        """Endpoint id to reason. Whoever cannot be decided on in time is left out."""
        ...


@dataclass(frozen=True)
class Decision:
    """What a hook decided.

    Attributes:
        kept: Who is sent to.
        left_out: Endpoint id to reason.
    """

    kept: tuple[Endpoint, ...]
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])


def decide(batch: Batch, filters: Sequence[Filter], deadline: Deadline) -> Decision:
    """Pass a batch through filters, in their order."""
    left_out = dict.fromkeys(batch.unreadable, UNREADABLE)
    candidates = batch.endpoints
    for each in filters:
        left_out |= each.left_out(batch, candidates, deadline)
        candidates = tuple(endpoint for endpoint in candidates if endpoint.id not in left_out)
    return Decision(candidates, left_out)


@dataclass(frozen=True)
class DenyRule:
    """Leaves out whoever has one of some values in an attribute, of the endpoint or its user."""

    attribute: str
    values: frozenset[str]

    def left_out(
        self,
        batch: Batch,  # noqa: ARG002 (the same for every run)
        candidates: Sequence[Endpoint],
        deadline: Deadline,  # noqa: ARG002 (takes no time)
    ) -> Mapping[str, str]:
        denied = (one for one in candidates if one.values(self.attribute) & self.values)
        return {endpoint.id: f"denied:{self.attribute}" for endpoint in denied}
