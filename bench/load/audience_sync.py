"""New endpoints from another system, some refused, some told of twice; a long backlog goes by file."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from bench.load.queues import wait_until_empty
from bench.load.scenario import Calls, Load, LoadScenario, floor
from bench.load.throttling import Throttling
from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.queues import DeadLetters, fill
from embedded.demo.report import Narrator
from embedded.demo.stage import Stage

_STACK: Final = "AudienceSync"
_MOST_OF_CALL: Final = 100
_ENDPOINTS_OF_USER: Final = 10
# The service's limit.
_MOST_OF_USER: Final = 15
# Three kinds in turn: known as bad by itself, by what is known of the endpoint, and by the project's answer.
_KINDS: Final = ("address_not_of_channel", "unknown_endpoint", "refused by the project")


@dataclass(frozen=True)
class Plan:
    """What is put in.

    Attributes:
        tag: In every id of the run.
        users: Whose endpoints are made, ten of each.
        bodies: The messages in their order.
        refusable: How many changes only the project can refuse.
        expected: What it comes to.
    """

    tag: str
    users: tuple[str, ...]
    bodies: tuple[str, ...]
    refusable: int
    expected: Counts

    @property
    def full_user(self) -> str:
        """Who has as many endpoints as a user may have."""
        return f"{self.tag}-full"


def make_plan(load: Load) -> Plan:
    """A message for each endpoint; some come twice."""
    chance = random.Random(load.seed)
    tag = f"load{load.seed}"
    kinds, good, again = load.draw(chance, _KINDS)
    bodies = [_body(tag, item, kinds.get(item)) for item in range(load.items)]
    for item in again:
        # Anywhere: both are in a batch, or in two at once, or far apart.
        bodies.insert(chance.randrange(len(bodies)), _body(tag, item, None))
    by_kind = Counter(kinds.values())
    expected = {
        Cell("Project", "endpoints"): len(good),
        Cell("Project", "endpoints that are there twice"): 0,
        Cell("Project", "endpoints that are not as they were told"): 0,
        Cell("Project", "endpoints of bad changes"): 0,
        **{Cell("Dead letters", kind): count for kind, count in by_kind.items()},
    }
    users = tuple(_user(tag, item) for item in range(0, load.items, _ENDPOINTS_OF_USER))
    return Plan(tag, users, tuple(bodies), by_kind[_KINDS[2]], expected)


def _user(tag: str, item: int) -> str:
    return f"{tag}-user-{item // _ENDPOINTS_OF_USER}"


def _body(tag: str, item: int, kind: str | None) -> str:
    name = f"{tag}-{item}"
    endpoint: dict[str, Any] = {
        "Id": name if kind is None else f"{name}-bad",
        "ChannelType": "CUSTOM",
        "Address": name,
        "OptOut": "NONE",
        "Attributes": {"Number": [str(item)]},
        "User": {"UserId": _user(tag, item)},
    }
    if kind == "address_not_of_channel":
        endpoint["ChannelType"] = "EMAIL"
    elif kind == "unknown_endpoint":
        del endpoint["Address"]
    elif kind is not None:
        endpoint["User"] = {"UserId": f"{tag}-full"}
    return json.dumps({"kind": "create", "version": 1, "endpoints": [endpoint]})


@dataclass(frozen=True)
class AudienceSyncLoad(LoadScenario):
    """Endpoints to an audience sync, and what the project, the counts and the dead letters say of them."""

    title: ClassVar[str] = "Audience sync, under load"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)

    @property
    def settings(self) -> Mapping[str, str]:
        """A pace for a laptop; changes go by file while more than a quarter of them waits."""
        above = max(_MOST_OF_CALL, self.load.items // 4)
        return {"sync_batches_per_second": "50", "sync_import_above": str(above)}

    @cached_property
    def plan(self) -> Plan:
        """The changes."""
        return make_plan(self.load)

    @cached_property
    def _throttling(self) -> Throttling:
        return Throttling.of(self.load, "UpdateEndpointsBatch")

    def expect(self) -> Counts:
        """How many endpoints there are, how many changes ended how, and what is refused."""
        return self.plan.expected

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:  # noqa: ARG002
        """Puts everything in, waits until queue and files are empty, and reads every endpoint."""
        account, plan = stage.account, self.plan
        self._fill_user(account)
        self._throttling.begin(stage)
        narrator.step(f"putting {len(plan.bodies):,} changes into the queue")
        fill(account, account.output(_STACK, "QueueUrl"), plan.bodies)
        narrator.step("waiting until every change has come to its end")
        queues = [account.output(_STACK, name) for name in ("QueueUrl", "FilesQueueUrl")]
        wait_until_empty(account, queues, narrator)
        jobs, rows = _imported(account)
        narrator.step(f"reading the endpoints; {rows:,} changes went by file, in {jobs} import jobs")
        return {**_dead(account), **self._endpoints(account)}

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """Calls of UpdateEndpointsBatch, beside the fewest for what did not go by file."""
        _, rows = _imported(stage.account)
        changes = self.plan.expected[Cell("Project", "endpoints")] + self.plan.refusable
        fewest = floor(changes - rows, _MOST_OF_CALL)
        return [self._throttling.calls(stage, fewest, bad=self.plan.refusable)]

    def _fill_user(self, account: Account) -> None:
        user = self.plan.full_user
        account.client("pinpoint").update_endpoints_batch(
            ApplicationId=account.output("Project", "ApplicationId"),
            EndpointBatchRequest={
                "Item": [
                    {
                        "Id": f"{user}-{number}",
                        "ChannelType": "CUSTOM",
                        "Address": f"{user}-{number}",
                        "User": {"UserId": user},
                    }
                    for number in range(_MOST_OF_USER)
                ]
            },
        )

    def _endpoints(self, account: Account) -> Counts:
        found = list(self._found(account))
        ids = {endpoint["Id"] for endpoint in found}
        bad = sum(each.endswith("-bad") for each in ids)
        told = sum(_is_as_told(endpoint) for endpoint in found)
        return {
            Cell("Project", "endpoints"): len(ids) - bad,
            Cell("Project", "endpoints that are there twice"): len(found) - len(ids),
            Cell("Project", "endpoints that are not as they were told"): len(found) - told,
            Cell("Project", "endpoints of bad changes"): bad,
        }

    def _found(self, account: Account) -> Iterator[dict[str, Any]]:
        pinpoint, application_id = account.client("pinpoint"), account.output("Project", "ApplicationId")
        full = [f"{self.plan.full_user}-{number}" for number in range(_MOST_OF_USER)]
        for user in (*self.plan.users, self.plan.full_user):
            try:
                answer = pinpoint.get_user_endpoints(ApplicationId=application_id, UserId=user)
            except pinpoint.exceptions.NotFoundException:
                continue
            yield from (each for each in answer["EndpointsResponse"]["Item"] if each["Id"] not in full)


def _is_as_told(endpoint: dict[str, Any]) -> bool:
    number = endpoint["Address"].rpartition("-")[2]
    return bool(endpoint["OptOut"] == "NONE" and endpoint["Attributes"] == {"Number": [number]})


def _imported(account: Account) -> tuple[int, int]:
    """How many import jobs there were, and rows in their files."""
    answer = account.client("pinpoint").get_import_jobs(
        ApplicationId=account.output("Project", "ApplicationId"), PageSize="100"
    )
    jobs = answer["ImportJobsResponse"]["Item"]
    return len(jobs), sum(job["TotalProcessed"] for job in jobs)


def _dead(account: Account) -> Counts:
    """By call the project refuses in its own words, by file in those of the import's report."""
    counts = Counter[Cell]()
    for letter in DeadLetters.of(account, _STACK).read():
        counts[Cell("Dead letters", letter.kind if letter.kind in _KINDS else _KINDS[2])] += 1
    return counts
