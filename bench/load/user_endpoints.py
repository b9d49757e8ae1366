"""Changes of preferences, one call each, some wrong, some sent twice; the system of record has a bad day."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from bench.load.scenario import PATIENCE, STILLNESS, Calls, LoadScenario
from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.report import Narrator
from embedded.demo.scenarios.user_endpoints import RECORDS
from embedded.demo.settling import settle
from embedded.demo.signed_caller import SignedCaller
from embedded.demo.stage import Stage, Vendor
from embedded.demo.vendor_counts import vendor_counts
from embedded.vendors.faults import Fault

_STACK: Final = "UserEndpoints"
# As many as an API's callers would have under way; more are more functions on this machine.
_IN_FLIGHT: Final = 4
_MOST_OF_BATCH: Final = 100
_GOOD: Final = {"opt_out": "ALL"}
_BAD: Final = {"preferences": {"Colour": ["red"]}}


@dataclass(frozen=True)
class UserEndpointsLoad(LoadScenario):
    """A user for each item, whose one change is sent once or twice, or is none."""

    title: ClassVar[str] = "Preferences, under load"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)
    vendors: ClassVar[tuple[Vendor, ...]] = (RECORDS,)

    @cached_property
    def users(self) -> tuple[str, ...]:
        """A user for each item."""
        return tuple(f"load{self.load.seed}-{item}" for item in range(self.load.items))

    @cached_property
    def bad(self) -> frozenset[str]:
        """Whose change is none."""
        return frozenset(random.Random(self.load.seed).sample(self.users, self.load.bad_items))

    @cached_property
    def repeated(self) -> frozenset[str]:
        """Whose change is sent twice."""
        good = [user for user in self.users if user not in self.bad]
        return frozenset(random.Random(self.load.seed + 1).sample(good, self.load.repeated_items))

    @cached_property
    def _attempts(self) -> list[Fault]:
        plan = self.load.fault_plan
        return [fault for user in self.users if user not in self.bad for fault in plan.attempts(user)]

    def expect(self) -> Counts:
        """Each answer, each endpoint, and what the system of record hears."""
        good, met = len(self.users) - len(self.bad), Counter(self._attempts)
        return {
            Cell("API", "changed"): good,
            Cell("API", "answered as before"): len(self.repeated),
            Cell("API", "refused: 400"): len(self.bad),
            Cell("Project", "opted out"): good,
            Cell(RECORDS.name, "changes taken in"): good,
            Cell(RECORDS.name, "answered 429"): met[Fault.THROTTLED],
            Cell(RECORDS.name, "answered 500"): met[Fault.BROKEN],
            Cell(RECORDS.name, "cut after acceptance"): met[Fault.CUT],
            Cell(RECORDS.name, "ids taken in twice"): 0,
            Cell(RECORDS.name, "recipients taken in twice"): 0,
            Cell(RECORDS.name, "badly signed or shaped"): 0,
        }

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Makes the users, sends their changes, and waits until the system of record has heard of each."""
        stage.intakes[RECORDS].begin(self.load.fault_plan)
        account, journal = stage.account, stage.intakes[RECORDS].journal
        self._make_users(account)
        requests = [*self.users, *sorted(self.repeated)]
        random.Random(self.load.seed + 2).shuffle(requests)
        narrator.step(f"sending {len(requests):,} changes, {_IN_FLIGHT} at a time")
        caller, url = SignedCaller.of(account), account.output(_STACK, "ApiUrl")
        with ThreadPoolExecutor(_IN_FLIGHT) as threads:
            answers = Counter(threads.map(lambda user: self._change(caller, url, user), requests))
        narrator.step("waiting until the system of record has heard of every change")
        told = {cell: count for cell, count in expected.items() if cell.where != "Project"}
        seen = settle(
            told,
            answers,
            lambda: vendor_counts(RECORDS.name, "changes taken in", journal),
            narrator,
            still=STILLNESS,
            within=PATIENCE,
        )
        return {**seen, Cell("Project", "opted out"): sum(self._opted_out(account))}

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """Posts to the system of record, by its own journal."""
        # What was taken in and cut off is posted once more, since nobody heard the answer.
        fewest = len(self._attempts) + Counter(self._attempts)[Fault.CUT]
        return [Calls("posts to the system of record", len(stage.intakes[RECORDS].journal.entries), fewest)]

    def _change(self, caller: SignedCaller, url: str, user: str) -> Cell:
        body = _BAD if user in self.bad else _GOOD
        key = {"Idempotency-Key": user}
        reply = caller.send("PUT", f"{url}/users/{user}/preferences", body, headers=key)
        match reply.status:
            case 200 if "idempotent-replayed" in reply.headers:
                return Cell("API", "answered as before")
            case 200:
                return Cell("API", "changed")
            case status:
                return Cell("API", f"refused: {status}")

    def _make_users(self, account: Account) -> None:
        items: list[dict[str, Any]] = [
            {"Id": user, "ChannelType": "CUSTOM", "Address": user, "User": {"UserId": user}}
            for user in self.users
        ]
        for start in range(0, len(items), _MOST_OF_BATCH):
            account.client("pinpoint").update_endpoints_batch(
                ApplicationId=account.output("Project", "ApplicationId"),
                EndpointBatchRequest={"Item": items[start : start + _MOST_OF_BATCH]},
            )

    def _opted_out(self, account: Account) -> Iterator[bool]:
        application_id = account.output("Project", "ApplicationId")
        for user in self.users:
            answer = account.client("pinpoint").get_endpoint(ApplicationId=application_id, EndpointId=user)
            yield answer["EndpointResponse"]["OptOut"] == "ALL"
