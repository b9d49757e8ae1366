"""Message requests of all sizes and a file, with bad recipients, and with people and requests repeated."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from bench.load.scenario import PATIENCE, STILLNESS, Calls, Load, LoadScenario, floor
from bench.load.throttling import Throttling
from embedded.demo.ledger import Cell, Counts
from embedded.demo.queues import DeadLetters, fill
from embedded.demo.report import Narrator
from embedded.demo.scenarios.send_message.desk import Results, mails, verify
from embedded.demo.scenarios.send_message.plan import SENDER
from embedded.demo.settling import settle
from embedded.demo.stage import Stage

_Recipients = list[dict[str, Any]]
_MOST_OF_CALL: Final = 100
_LARGEST_REQUEST: Final = 250


@dataclass(frozen=True)
class Plan:
    """What is put in.

    Attributes:
        tag: In every request and address of the run.
        bodies: The requests in their order.
        file: A third of the recipients, a line each.
        sendable: How many recipients reach the API.
        expected: What it comes to.
    """

    tag: str
    bodies: tuple[str, ...]
    file: bytes
    sendable: int
    expected: Counts


def make_plan(load: Load) -> Plan:
    """The requests of a load: two thirds of the recipients in requests of 1 to 250, the rest in a file."""
    chance = random.Random(load.seed)
    tag = f"load{load.seed}"
    bad = set(chance.sample(range(load.items), load.bad_items))
    # Three kinds in turn: known as bad before a call, by a look-up, and by the answer of the API.
    kinds = {item: number % 3 for number, item in enumerate(sorted(bad))}
    good = [item for item in range(load.items) if item not in bad]
    twice = set(chance.sample(good, min(load.repeated_items, len(good))))
    groups = _groups(load.items * 2 // 3, chance)
    lists = [_recipients(tag, group, kinds, twice) for group in groups]
    requests = [_request(tag, f"r{n}", recipients=recipients) for n, recipients in enumerate(lists)]
    requests.append(_request(tag, "file", recipients_file={"key": f"recipients/{tag}.jsonl"}))
    again = chance.sample(requests, min(round(len(requests) * load.duplicates), len(requests)))
    unreadable = [f"{tag}: no JSON"] if bad else []
    later = [*(json.dumps(request) for request in again), *unreadable]
    chance.shuffle(later)
    in_file = _recipients(tag, range(load.items * 2 // 3, load.items), kinds, twice)
    expected = {
        Cell("Results", "SENT"): len(good),
        Cell("Results", "FAILED"): len(bad),
        Cell("Results", "LEFT_OUT"): len(twice),
        Cell("Mail kept", "messages"): len(good),
        Cell("Mail kept", "people"): len(good),
        Cell("Dead letters", "the body is not JSON"): len(unreadable),
    }
    return Plan(
        tag=tag,
        bodies=(*(json.dumps(request) for request in requests), *later),
        file="\n".join(map(json.dumps, in_file)).encode(),
        sendable=len(good) + sum(kind == 2 for kind in kinds.values()),
        expected={cell: count for cell, count in expected.items() if count},
    )


def _groups(items: int, chance: random.Random) -> list[range]:
    groups: list[range] = []
    start = 0
    while start < items:
        end = min(items, start + chance.randint(1, _LARGEST_REQUEST))
        groups.append(range(start, end))
        start = end
    return groups


def _recipients(tag: str, items: range, kinds: dict[int, int], twice: set[int]) -> _Recipients:
    once = [_recipient(tag, item, kinds.get(item)) for item in items]
    return once + [_recipient(tag, item, None) for item in items if item in twice]


def _recipient(tag: str, item: int, kind: int | None) -> dict[str, Any]:
    match kind:
        case None:
            return {"address": f"success+{tag}-{item}@simulator.amazonses.com"}
        case 0:
            return {"address": f"{tag}-{item} has no address"}
        case 1:
            return {"endpoint_id": f"{tag}-{item}-is-not-stored"}
        case _:
            # The engine's safety catch holds back what is no simulator, and says so of this one alone.
            return {"address": f"{tag}-{item}@held.example.org"}


def _request(tag: str, name: str, **whom: Any) -> dict[str, Any]:
    return {
        "request_id": f"{tag}-{name}",
        "channel": "EMAIL",
        "template": {"name": "patterns-welcome"},
        "message": {"FromAddress": SENDER},
        "context": {"demo": tag},
        **whom,
    }


@dataclass(frozen=True)
class SendMessageLoad(LoadScenario):
    """Recipients to a message sender, and what its results, its mails and its dead letters say."""

    title: ClassVar[str] = "Send a message, under load"
    patterns: ClassVar[tuple[str, ...]] = ("SendMessage",)

    @cached_property
    def plan(self) -> Plan:
        """The requests."""
        return make_plan(self.load)

    @cached_property
    def _throttling(self) -> Throttling:
        return Throttling.of(self.load, "SendMessages")

    def expect(self) -> Counts:
        """How many results of each status there are, how many mails, and what is refused."""
        return self.plan.expected

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Puts everything in and waits for the last result; then the mails are counted."""
        account, plan = stage.account, self.plan
        verify(account)
        self._throttling.begin(stage)
        results = Results.begin(account, plan.tag)
        account.client("s3").put_object(
            Bucket=account.output("SendMessage", "RecipientsBucketName"),
            Key=f"recipients/{plan.tag}.jsonl",
            Body=plan.file,
        )
        narrator.step(f"putting {len(plan.bodies)} requests into the queue")
        fill(account, account.output("SendMessage", "QueueUrl"), plan.bodies)
        narrator.step("waiting for each recipient's result")
        letters = DeadLetters.of(account, "SendMessage", mark=plan.tag)

        def late() -> Counts:
            return {**results.counts(), **letters.counts()}

        told = {cell: count for cell, count in expected.items() if cell.where != "Mail kept"}
        seen = settle(told, {}, late, narrator, still=STILLNESS, within=PATIENCE)
        return {**seen, **mails(account, plan.tag)}

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """Calls of SendMessages over all batches."""
        # A bad recipient fails alone here: none of them makes a call more.
        return [self._throttling.calls(stage, floor(self.plan.sendable, _MOST_OF_CALL))]
