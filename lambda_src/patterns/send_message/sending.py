"""The recipients of a batch of requests: found, claimed, sent to in shared calls, settled, told."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

from patterns.send_message.calls import Call, Caller, calls
from patterns.send_message.claims import Claims
from patterns.send_message.outcomes import Fate, Outcome, Postponed
from patterns.send_message.results import Result, Teller
from patterns.send_message.targets import Directory, Target
from patterns.send_message.tasks import Listed, Task
from pinpoint_runtime.ledger import Claimed

_NAMES: Final = {"SENT": "Sent", "FAILED": "Failed", "LEFT_OUT": "LeftOut", "UNKNOWN": "Unknown"}


@dataclass(frozen=True, eq=False)
class Work:
    """What the recipients of one request came to.

    Attributes:
        task: The request.
        fates: Of each target.
        untold: Those whose result the bus did not take.
        untouched: Recipients for whom there was no room.
    """

    task: Task
    fates: Sequence[tuple[Target, Fate]]
    untold: frozenset[Target]
    untouched: Sequence[Listed]

    @property
    def postponed(self) -> list[Postponed]:
        """Why some are sent to later."""
        return [fate for _, fate in self.fates if isinstance(fate, Postponed)]

    @property
    def left(self) -> list[dict[str, Any]]:
        """The recipients that go on."""
        waiting = [t.document for t, fate in self.fates if isinstance(fate, Postponed) or t in self.untold]
        return waiting + [{**each.document, "position": each.position} for each in self.untouched]

    @property
    def as_it_came(self) -> bool:
        """Whether every recipient goes on, and none of them turned out to be several."""
        listed = len(self.task.listed)
        return len(self.left) == listed == len(self.fates) + len(self.untouched)


@dataclass(frozen=True)
class Sending:
    """How recipients are sent to.

    Attributes:
        directory: Makes a batch's view of the project's endpoints.
        claims: Who was sent to.
        caller: The API.
        teller: The bus.
        threads: For claims.
        callers: For calls.
        patience: Seconds after which a request is given up.
        budget: Seconds after which no call is begun any more.
        most: Recipients that one batch can surely deal with in its time.
        clock: Epoch seconds.
    """

    directory: Callable[[], Directory]
    claims: Claims
    caller: Caller
    teller: Teller
    threads: Executor
    callers: Executor
    patience: float
    budget: float
    most: int = 2_000
    clock: Callable[[], float] = time.time

    def work(self, tasks: Sequence[Task]) -> tuple[list[Work], Counter[str]]:
        """Take the recipients of requests as far as they go now.

        Returns:
            What each request came to, and how many recipients ended how.
        """
        deadline = self.clock() + self.budget
        taken, untouched = _bounded(tasks, self.most)
        resolved = self.directory().resolve(taken)
        fates = {target: fate for target, fate in resolved if fate is not None}
        claimed = self._claimed([target for target, fate in resolved if fate is None])
        fates |= {target: found for target, found in claimed.items() if not isinstance(found, Claimed)}
        held = {target: found for target, found in claimed.items() if isinstance(found, Claimed)}
        calls_before = self.caller.calls
        fates |= self._sent(calls(held), held, deadline)
        fates = {target: self._given_up(target, fate) for target, fate in fates.items()}
        untold, counts = self._told(fates)
        counts["Calls"] = self.caller.calls - calls_before
        by_task: dict[Task, list[tuple[Target, Fate]]] = defaultdict(list)
        for target, _ in resolved:
            by_task[target.task].append((target, fates[target]))
        return [Work(task, by_task[task], untold, untouched[task]) for task in tasks], counts

    def is_over(self, task: Task) -> bool:
        """Whether a request has waited for too long."""
        return self.clock() - task.accepted_at > self.patience

    def _claimed(self, targets: Sequence[Target]) -> dict[Target, Claimed | Fate]:
        def claim(target: Target) -> Claimed | Fate:
            return self.claims.claim(target, over=self.is_over(target.task))

        return dict(zip(targets, self.threads.map(claim, targets), strict=True))

    def _sent(
        self, batch: Sequence[Call], held: Mapping[Target, Claimed], deadline: float
    ) -> dict[Target, Fate]:
        def send(call: Call) -> Mapping[Target, Fate]:
            if self.clock() > deadline:
                return dict.fromkeys(call.targets, Postponed("out_of_time", counts=False))
            return self.caller.send(call)

        def settle(target: Target) -> Fate:
            return self.claims.settle(held[target], answers[target])

        answers = {target: fate for one in self.callers.map(send, batch) for target, fate in one.items()}
        return dict(zip(answers, self.threads.map(settle, answers), strict=True))

    def _given_up(self, target: Target, fate: Fate) -> Fate:
        """Only what another worker holds is waited for, however long the request has waited."""
        if isinstance(fate, Outcome) or fate.after or not self.is_over(target.task):
            return fate
        return Outcome("FAILED", f"waited_too_long: {fate.reason}")

    def _told(self, fates: Mapping[Target, Fate]) -> tuple[frozenset[Target], Counter[str]]:
        results = [Result(target, fate) for target, fate in fates.items() if isinstance(fate, Outcome)]
        untold = frozenset(result.target for result in self.teller.tell(results))
        counts = Counter(_NAMES[result.outcome.status] for result in results if result.target not in untold)
        counts["Postponed"] = len(fates) - len(results) + len(untold)
        return untold, counts


def _bounded(
    tasks: Sequence[Task], most: int
) -> tuple[list[tuple[Task, Listed]], dict[Task, Sequence[Listed]]]:
    """As many recipients as there is room for, with their requests; and those left over, by request."""
    taken: list[tuple[Task, Listed]] = []
    untouched: dict[Task, Sequence[Listed]] = {}
    for task in tasks:
        room = most - len(taken)
        taken += [(task, listed) for listed in task.listed[:room]]
        untouched[task] = task.listed[room:]
    return taken, untouched
