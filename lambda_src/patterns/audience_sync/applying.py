"""Runs of changes to the project: claimed, completed, called for, written down."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeAlias

from patterns.audience_sync.change import missing_for_a_new_endpoint
from patterns.audience_sync.project import Done, NotNow, Project, Refusal
from patterns.audience_sync.project import Outcome as Answer
from patterns.audience_sync.runs import Fate, Outcome, Part, Run
from patterns.audience_sync.state import Claim, Claimed, EndpointStates, Held, Stale
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import Again, Dead

InTime: TypeAlias = Callable[[], bool]
Outcomes: TypeAlias = dict[Part, Outcome]

_LOG = logger(__name__)
_SOON = 2.0
_LATER = 15.0
# Claimed, called for and written down together: a batch may hold more than there is time for.
_PORTION = 1_000


@dataclass(frozen=True)
class ClaimedRun:
    """A run that may be applied now, without what was applied before and what can never be."""

    claim: Claimed
    run: Run


@dataclass(frozen=True)
class Applier:
    """What brings runs to the project.

    Attributes:
        states: What is known of the endpoints.
        project: Where they are.
        threads: Claims at a time.
        lease: Seconds that a claim holds: longer than the function may take, and a call of its may go on.
        clock: Epoch seconds.
    """

    states: EndpointStates
    project: Project
    threads: Executor
    lease: float
    clock: Callable[[], float] = time.time

    def apply(self, runs: Sequence[Run], holder: str, in_time: InTime) -> Outcomes:
        """Bring runs of different endpoints to the project by calls.

        Args:
            holder: Under which name the claims are held.
            in_time: Whether there is time for another call.
        """
        outcomes: Outcomes = {}
        for start in range(0, len(runs), _PORTION):
            portion = runs[start : start + _PORTION]
            if in_time():
                outcomes |= self._apply_portion(portion, holder, in_time)
            else:
                outcomes |= {part: Again(_SOON) for run in portion for part in run.parts}
        return outcomes

    def _apply_portion(self, runs: Sequence[Run], holder: str, in_time: InTime) -> Outcomes:
        claimed, outcomes = self.claim(runs, holder, self.lease)
        deletions = [one for one in claimed if one.run.deletes]
        upserts = [one for one in claimed if not one.run.deletes]
        return outcomes | self.update(upserts, in_time) | self._delete(deletions, in_time)

    def claim(self, runs: Sequence[Run], holder: str, lease: float) -> tuple[list[ClaimedRun], Outcomes]:
        """Claim what may be applied; the others have an outcome."""

        def claim_one(run: Run) -> Claim:
            return self.states.claim(run.endpoint_id, run.version, holder, lease=lease)

        claimed: list[ClaimedRun] = []
        outcomes: Outcomes = {}
        for run, claim in zip(runs, self.threads.map(claim_one, runs), strict=True):
            match claim:
                case Stale():
                    outcomes |= dict.fromkeys(run.parts, Fate.STALE)
                case Held(until):
                    # Whoever holds it is most often done long before.
                    wait = min(max(until - self.clock(), _SOON), 20 * _LATER)
                    outcomes |= dict.fromkeys(run.parts, Again(wait))
                case Claimed():
                    left = self._applicable(run, claim, outcomes)
                    if left:
                        claimed.append(ClaimedRun(claim, left))
                    else:
                        self.states.release(claim)
        return claimed, outcomes

    def _applicable(self, run: Run, claim: Claimed, outcomes: Outcomes) -> Run | None:
        """The parts that are newer than what was applied, from the first that an endpoint can be made of."""
        left = run.newer_than(claim.applied)
        newer = left.parts if left else ()
        outcomes |= {part: Fate.STALE for part in run.parts if part not in newer}
        known = claim.known or run.deletes
        kept: list[Part] = []
        for part in newer:
            missing = None if known else missing_for_a_new_endpoint(part.change.definition)
            if missing:
                outcomes[part] = Dead(f"unknown_endpoint: {missing}")
            else:
                known = True
                kept.append(part)
        return Run(tuple(kept)) if kept else None

    def update(self, claimed: Sequence[ClaimedRun], in_time: InTime) -> Outcomes:
        """Make or change claimed endpoints by calls."""
        answers = self.project.update([one.run.item for one in claimed], in_time)
        refused: list[ClaimedRun] = []
        settled: list[tuple[ClaimedRun, Answer, Fate]] = []
        for one, answer in zip(claimed, answers, strict=True):
            if isinstance(answer, Refusal) and len(one.run.parts) > 1:
                refused.append(one)
            else:
                settled.append((one, answer, Fate.APPLIED))
        outcomes: Outcomes = {}
        for ended in self.threads.map(self._settle, settled):
            outcomes |= ended
        for one in refused:
            outcomes |= self._one_by_one(one, in_time)
        return outcomes

    def _delete(self, claimed: Sequence[ClaimedRun], in_time: InTime) -> Outcomes:
        outcomes: Outcomes = {}
        for one in claimed:
            answer = self.project.delete(one.run.endpoint_id, in_time)
            outcomes |= self._settle((one, answer, Fate.DELETED))
        return outcomes

    def _settle(self, called: tuple[ClaimedRun, Answer, Fate]) -> Outcomes:
        one, answer, fate = called
        match answer:
            case Done():
                exists = fate is not Fate.DELETED
                if not self.states.applied(one.claim, one.run.version, exists=exists):
                    _LOG.warning("a claim was lost before its end", extra={"holder": one.claim.holder})
                return dict.fromkeys(one.run.parts, fate)
            case Refusal(reason):
                self.states.release(one.claim)
                return dict.fromkeys(one.run.parts, Dead(reason))
            case NotNow():
                self._give_back(one.claim, answer)
                return dict.fromkeys(one.run.parts, _again(answer))

    def _one_by_one(self, one: ClaimedRun, in_time: InTime) -> Outcomes:
        """Find out which of several changes is refused; they are tried in order, each for itself."""
        outcomes: Outcomes = {}
        reached: int | None = None
        broken: NotNow | None = None
        for part in one.run.parts:
            if broken:
                outcomes[part] = _again(broken)
                continue
            (answer,) = self.project.update([Run((part,)).item], in_time)
            match answer:
                case Done():
                    outcomes[part], reached = Fate.APPLIED, part.change.version
                case Refusal(reason):
                    outcomes[part] = Dead(reason)
                case NotNow():
                    outcomes[part], broken = _again(answer), answer
        if reached is not None:
            unsure = bool(broken and broken.unsure)
            self.states.applied(one.claim, reached, exists=True, unsure=unsure)
        else:
            self._give_back(one.claim, broken)
        return outcomes

    def _give_back(self, claim: Claimed, answer: NotNow | None) -> None:
        if answer and answer.unsure:
            self.states.suspend(claim)
        else:
            self.states.release(claim)


def _again(answer: NotNow) -> Again:
    return Again(_SOON if answer.reason in ("pace", "out_of_time") else _LATER)
