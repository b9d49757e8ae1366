"""Events of users alone, in lists and by the bus: some wrong, some put in twice; the event stream is read."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from bench.load.queues import wait_until_empty
from bench.load.scenario import PATIENCE, STILLNESS, Calls, Load, LoadScenario, floor
from bench.load.throttling import Throttling
from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.queues import DeadLetters, fill
from embedded.demo.report import Narrator
from embedded.demo.settling import settle
from embedded.demo.stage import Stage
from embedded.demo.stream import StreamReader

_STACK: Final = "UserEvents"
_EVENT_TYPE: Final = "custom.viewed"
_MOST_OF_CALL: Final = 100
_EVENTS_OF_ENDPOINT: Final = 10
_LONGEST_LIST: Final = 25
_MOST_ENTRIES: Final = 10
# What is wrong with an event, by the reason that its dead letter has; the last one is found by a look-up.
_FLAWS: Final[dict[str, dict[str, Any]]] = {
    "invalid_event_type": {"EventType": "a/b"},
    "timestamp_without_zone": {"Timestamp": "2026-11-25T10:00:00"},
    "value_too_long": {"Attributes": {"Page": "x" * 201}},
    "unknown_user": {"EndpointId": None, "EndpointExists": None, "UserId": "nobody"},
}


@dataclass(frozen=True)
class Plan:
    """What is put in.

    Attributes:
        endpoints: Whose events they are; made before.
        queued: Bodies for the queue, each an event or a list of them.
        on_bus: Bodies for the bus.
        good: How many events the project takes.
        expected: What it comes to.
    """

    endpoints: tuple[str, ...]
    queued: tuple[str, ...]
    on_bus: tuple[str, ...]
    good: int
    expected: Counts


def make_plan(load: Load) -> Plan:
    """Each third of the events goes its own way; an event that comes twice comes the second time anywhere."""
    chance = random.Random(load.seed)
    tag = f"load{load.seed}"
    flaws, good, again = load.draw(chance, list(_FLAWS))
    order = [*range(load.items), *again]
    chance.shuffle(order)
    events = [_event(tag, item, flaws.get(item)) for item in order]
    third = len(events) // 3
    listed = [events[start : start + _LONGEST_LIST] for start in range(third, 2 * third, _LONGEST_LIST)]
    # A list may end in the third of those on the bus: the bus has what is behind it.
    on_bus = events[third + sum(map(len, listed)) :]
    expected = {
        Cell("Event stream", "events"): len(good),
        Cell("Event stream", "events told twice"): 0,
        **{Cell("Dead letters", reason): count for reason, count in Counter(flaws.values()).items()},
    }
    return Plan(
        endpoints=tuple(_endpoint(tag, item) for item in range(0, load.items, _EVENTS_OF_ENDPOINT)),
        queued=tuple(json.dumps(each) for each in (*events[:third], *listed)),
        on_bus=tuple(map(json.dumps, on_bus)),
        good=len(good),
        expected=expected,
    )


def _endpoint(tag: str, item: int) -> str:
    return f"{tag}-{item // _EVENTS_OF_ENDPOINT}"


def _event(tag: str, item: int, flaw: str | None) -> dict[str, Any]:
    event = {
        "EndpointId": _endpoint(tag, item),
        "EndpointExists": True,
        "EventId": f"{tag}-{item}",
        "EventType": _EVENT_TYPE,
        "Timestamp": "2026-11-25T10:00:00Z",
        **(_FLAWS[flaw] if flaw else {}),
    }
    return {member: value for member, value in event.items() if value is not None}


@dataclass(frozen=True)
class UserEventsLoad(LoadScenario):
    """Events to the queue and the bus, and what the event stream, the counts and the dead letters say."""

    title: ClassVar[str] = "User events, under load"
    # The event stream of the second is where the project tells what it took.
    patterns: ClassVar[tuple[str, ...]] = (_STACK, "EngagementEvents")

    @cached_property
    def plan(self) -> Plan:
        """The events."""
        return make_plan(self.load)

    @cached_property
    def _throttling(self) -> Throttling:
        return Throttling.of(self.load, "PutEvents")

    def expect(self) -> Counts:
        """How many events are on the stream, how many ended how, and what is refused."""
        return self.plan.expected

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Makes the endpoints, puts everything in, waits until the queue is empty, and reads the stream."""
        account, plan = stage.account, self.plan
        _make_endpoints(account, plan.endpoints)
        self._throttling.begin(stage)
        reader = StreamReader(account.client("kinesis"), account.output("EngagementEvents", "StreamName"))
        narrator.step(
            f"putting {len(plan.queued):,} messages into the queue, {len(plan.on_bus):,} onto the bus"
        )
        fill(account, account.output(_STACK, "QueueUrl"), plan.queued)
        _put_on_bus(account, plan.on_bus)
        narrator.step("waiting until every event has come to its end")
        wait_until_empty(account, [account.output(_STACK, "QueueUrl")], narrator)
        dead = DeadLetters.of(account, _STACK).counts()
        narrator.step("reading the event stream until it tells of every event")
        told = {cell: count for cell, count in expected.items() if cell.where == "Event stream"}
        return {
            **settle(told, {}, lambda: _streamed(reader), narrator, still=STILLNESS, within=PATIENCE),
            **dead,
        }

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """Calls of PutEvents over all batches."""
        # What is bad is known before a call: none of it makes a call more.
        return [self._throttling.calls(stage, floor(self.plan.good, _MOST_OF_CALL))]


def _make_endpoints(account: Account, names: Sequence[str]) -> None:
    items = [{"Id": name, "ChannelType": "CUSTOM", "Address": name, "OptOut": "NONE"} for name in names]
    for start in range(0, len(items), _MOST_OF_CALL):
        account.client("pinpoint").update_endpoints_batch(
            ApplicationId=account.output("Project", "ApplicationId"),
            EndpointBatchRequest={"Item": items[start : start + _MOST_OF_CALL]},
        )


def _put_on_bus(account: Account, bodies: Sequence[str]) -> None:
    bus = {
        "EventBusName": account.output(_STACK, "EventBusName"),
        "Source": "com.example.shop",
        "DetailType": "User Event",
    }
    for start in range(0, len(bodies), _MOST_ENTRIES):
        entries = [{**bus, "Detail": body} for body in bodies[start : start + _MOST_ENTRIES]]
        account.client("events").put_events(Entries=entries)


def _streamed(reader: StreamReader) -> Counts:
    reader.read()
    events = Counter(
        (record["client"]["client_id"], record["attributes"]["event_id"])
        for record in reader.records
        if record["event_type"] == _EVENT_TYPE
    )
    return {
        Cell("Event stream", "events"): len(events),
        Cell("Event stream", "events told twice"): sum(times > 1 for times in events.values()),
    }
