"""Changes of users and endpoints: some twice, some late, some wrong; the project ends as the newest say."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar, Final

from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.queues import DeadLetters, fill
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario
from embedded.demo.settling import settle
from embedded.demo.stage import Stage

_STACK: Final = "AudienceSync"
_PEOPLE: Final = 120
_PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True)
class Plan:
    """What is sent, from a seed: everybody is made; then each is left, changed, opted out or deleted.

    Args:
        seed: Of all that is random.
    """

    seed: int

    @property
    def ids(self) -> list[str]:
        """Everybody's endpoint."""
        return [f"sync-{self.seed}-{number}" for number in range(_PEOPLE)]

    @cached_property
    def fates(self) -> Mapping[str, str]:
        """What becomes of each endpoint after it was made."""
        dice = random.Random(self.seed)
        weights = {"left": 3, "changed": 4, "opted out": 2, "deleted": 1}
        return {each: dice.choices(list(weights), list(weights.values()))[0] for each in self.ids}

    @property
    def creations(self) -> list[dict[str, Any]]:
        """A message each, one in twenty twice, and ten that are wrong."""
        made = [_message("create", 10, _endpoint(each)) for each in self.ids]
        wrong = [
            *(
                _message("create", 10, _endpoint(f"{each}-x") | {"ChannelType": "EMAIL"})
                for each in self.ids[:6]
            ),
            *(_message("change", 10, {"Id": f"{each}-y", "OptOut": "NONE"}) for each in self.ids[:4]),
        ]
        sent = [*made, *made[::20], *wrong]
        random.Random(self.seed).shuffle(sent)
        return sent

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What becomes of each, and for everybody a change that comes too late."""
        late = [_message("change", 5, {"Id": each, "Attributes": {"Plan": ["late"]}}) for each in self.ids]
        sent = [*chain.from_iterable(self._becomes(each, fate) for each, fate in self.fates.items()), *late]
        random.Random(self.seed + 1).shuffle(sent)
        return sent

    def _becomes(self, endpoint_id: str, fate: str) -> Iterator[dict[str, Any]]:
        match fate:
            case "changed":
                yield _message("change", 20, {"Id": endpoint_id, "Attributes": {"Plan": ["new"]}})
            case "opted out":
                yield _message("opt_out", 20, {"Id": endpoint_id})
            case "deleted":
                yield _message("delete", 20, {"Id": endpoint_id})
            case _:
                pass


@dataclass(frozen=True)
class AudienceSync(Scenario):
    """Everybody of another system becomes an endpoint, and stays what the newest change says."""

    title: ClassVar[str] = "Audience sync"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)

    @property
    def settings(self) -> Mapping[str, str]:
        """A pace for a laptop, and a backlog that a test can make."""
        return {"sync_batches_per_second": "50", "sync_import_above": "600"}

    @property
    def plan(self) -> Plan:
        """What is sent."""
        return Plan(self.options.seed)

    def expect(self) -> Counts:
        """What each endpoint is in the end, and the dead letters by reason."""
        fates = Counter(self.plan.fates.values())
        return {
            **{Cell("Project", f"endpoints {fate}"): count for fate, count in sorted(fates.items())},
            Cell("Project", "endpoints that a late change reached"): 0,
            Cell("Dead letters", "address_not_of_channel"): 6,
            Cell("Dead letters", "unknown_endpoint"): 4,
        }

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Sends everybody, waits until they are there, and sends what becomes of them."""
        audience = _Audience(stage.account, DeadLetters.of(stage.account, _STACK))
        narrator.step(f"sending {len(self.plan.creations)} new endpoints to the queue of changes")
        audience.send(self.plan.creations)
        audience.wait_for(self.plan.ids)
        narrator.step(f"sending {len(self.plan.changes)} changes of them, those that are too late included")
        audience.send(self.plan.changes)
        return settle(expected, {}, lambda: audience.counts(self.plan.ids), narrator)


@dataclass(frozen=True)
class _Audience:
    account: Account
    letters: DeadLetters

    def send(self, messages: Sequence[Mapping[str, Any]]) -> None:
        fill(self.account, self.account.output(_STACK, "QueueUrl"), list(map(json.dumps, messages)))

    def wait_for(self, ids: Iterable[str]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for each in ids:
            while self._found(each) is None and time.monotonic() < deadline:
                time.sleep(0.2)

    def counts(self, ids: Iterable[str]) -> Counts:
        """What each endpoint is now, and the dead letters that were read until now."""
        states = Counter(_state(self._found(each)) for each in ids)
        late = states.pop("late", 0)
        return {
            **{Cell("Project", f"endpoints {state}"): count for state, count in states.items()},
            Cell("Project", "endpoints that a late change reached"): late,
            **self.letters.counts(),
        }

    def _found(self, endpoint_id: str) -> Mapping[str, Any] | None:
        pinpoint = self.account.client("pinpoint")
        application_id = self.account.output("Project", "ApplicationId")
        try:
            answer = pinpoint.get_endpoint(ApplicationId=application_id, EndpointId=endpoint_id)
        except pinpoint.exceptions.NotFoundException:
            return None
        found: Mapping[str, Any] = answer["EndpointResponse"]
        return found


def _state(endpoint: Mapping[str, Any] | None) -> str:
    if endpoint is None:
        return "deleted"
    plan = endpoint.get("Attributes", {}).get("Plan")
    if plan == ["late"]:
        return "late"
    if endpoint["OptOut"] == "ALL":
        return "opted out"
    return "changed" if plan == ["new"] else "left"


def _endpoint(endpoint_id: str) -> dict[str, Any]:
    return {"Id": endpoint_id, "ChannelType": "CUSTOM", "Address": endpoint_id, "OptOut": "NONE"}


def _message(kind: str, version: int, endpoint: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "version": version, "endpoints": [endpoint]}
