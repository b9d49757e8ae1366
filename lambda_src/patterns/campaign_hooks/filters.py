"""Filters: each says who is left out and why, of those the ones before it left in, and may change them."""

import time
from collections import defaultdict
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


@dataclass(frozen=True)
class Verdict:
    """What a filter says of its candidates.

    Attributes:
        left_out: Endpoint id to reason.
        changed: Endpoints as they are from now on, by id; whoever is not named stays as it was.
        notes: Endpoint id to what the trail says of somebody who is kept.
    """

    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    changed: Mapping[str, Endpoint] = field(default_factory=dict[str, Endpoint])
    notes: Mapping[str, str] = field(default_factory=dict[str, str])


class Filter(Protocol):
    """Decides on endpoints."""

    def judge(self, batch: Batch, candidates: Sequence[Endpoint], deadline: Deadline) -> Verdict:
        """Answer before the deadline. Whoever cannot be decided on by then is left out."""
        ...


@dataclass(frozen=True)
class Decision:
    """What a hook decided.

    Attributes:
        kept: Who is sent to, as they are rendered.
        left_out: Endpoint id to reason.
        notes: Endpoint id to what is remarkable about somebody who is kept.
    """

    kept: tuple[Endpoint, ...]
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: Mapping[str, str] = field(default_factory=dict[str, str])


def decide(batch: Batch, filters: Sequence[Filter], deadline: Deadline) -> Decision:
    """Pass a batch through filters, in their order."""
    left_out = dict.fromkeys(batch.unreadable, UNREADABLE)
    notes: dict[str, list[str]] = defaultdict(list)
    candidates = batch.endpoints
    for each in filters:
        verdict = each.judge(batch, candidates, deadline)
        left_out |= verdict.left_out
        for endpoint_id, note in verdict.notes.items():
            notes[endpoint_id].append(note)
        candidates = tuple(
            verdict.changed.get(endpoint.id, endpoint)
            for endpoint in candidates
            if endpoint.id not in left_out
        )
    kept = {endpoint.id for endpoint in candidates}
    return Decision(candidates, left_out, {id_: ",".join(said) for id_, said in notes.items() if id_ in kept})


@dataclass(frozen=True)
class DenyRule:
    """Leaves out whoever has one of some values in an attribute, of the endpoint or its user."""

    attribute: str
    values: frozenset[str]

    def judge(
        self,
        batch: Batch,  # noqa: ARG002 (the same for every run)
        candidates: Sequence[Endpoint],
        deadline: Deadline,  # noqa: ARG002 (takes no time)
    ) -> Verdict:
        denied = (one for one in candidates if one.values(self.attribute) & self.values)
        return Verdict({endpoint.id: f"denied:{self.attribute}" for endpoint in denied})
