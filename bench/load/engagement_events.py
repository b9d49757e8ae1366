"""Records of the event stream: some tell what the platform must hear, some come twice, some are no events."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from bench.load.scenario import PATIENCE, STILLNESS, Calls, Load, LoadScenario
from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.queues import DeadLetters
from embedded.demo.report import Narrator
from embedded.demo.scenarios.campaign import CDP
from embedded.demo.settling import settle
from embedded.demo.stage import Stage, Vendor
from embedded.demo.vendor_counts import vendor_counts
from embedded.vendors.faults import Fault

_STACK: Final = "EngagementEvents"
_MOST_OF_CALL: Final = 500
# In turn: three that the platform hears of, and three that it does not.
_KINDS: Final = (
    "_email.hardbounce",
    "_email.delivered",
    "_email.complaint",
    "custom.viewed",
    "_SMS.OPTOUT",
    "_event_type_of_next_year",
)
_TOLD: Final = frozenset({"_email.hardbounce", "_email.complaint", "_SMS.OPTOUT"})
_MALFORMED: Final = (
    "the record is not JSON",
    "event_type is missing",
    "an e-mail event without recipients",
)


@dataclass(frozen=True)
class Plan:
    """What is put in.

    Attributes:
        records: The stream's, in their order.
        told: The addresses that the platform hears of, each once.
        malformed: How many records are malformed in which way.
    """

    records: tuple[bytes, ...]
    told: tuple[str, ...]
    malformed: Counter[str]


def make_plan(load: Load) -> Plan:
    """An address for each record; what comes twice comes anywhere."""
    chance = random.Random(load.seed)
    tag = f"load{load.seed}"
    flaws, good, again = load.draw(chance, _MALFORMED)
    order = [*range(load.items), *again]
    chance.shuffle(order)
    return Plan(
        records=tuple(_record(tag, item, flaws.get(item)) for item in order),
        told=tuple(_address(tag, item) for item in good if _kind(item) in _TOLD),
        malformed=Counter(flaws.values()),
    )


def _kind(item: int) -> str:
    return _KINDS[item % len(_KINDS)]


def _address(tag: str, item: int) -> str:
    if _kind(item) == "_SMS.OPTOUT":
        return f"+1206555{item:07d}"
    return f"{tag}-{item}@simulator.amazonses.com"


def _record(tag: str, item: int, flaw: str | None) -> bytes:
    kind, address = _kind(item), _address(tag, item)
    record: dict[str, Any] = {
        "event_type": kind,
        "arrival_timestamp": 1_764_000_000_000 + item,
        "application": {"app_id": "0" * 32},
        "client": {"client_id": f"{tag}-{item}"},
        "attributes": {"campaign_id": "c" * 32},
    }
    if kind == "_SMS.OPTOUT":
        record["attributes"] |= {"destination_phone_number": address, "message_id": f"{tag}-{item}"}
    else:
        mail = {"message_id": f"{tag}-{item}", "destination": [address]}
        record["facets"] = {"email_channel": {"mail_event": {"mail": mail}}}
    match flaw:
        case None:
            pass
        case "the record is not JSON":
            return f"{tag}-{item}".encode()
        case "event_type is missing":
            del record["event_type"]
        case _:
            record |= {"event_type": "_email.hardbounce", "facets": {}}
    return json.dumps(record).encode()


@dataclass(frozen=True)
class EngagementEventsLoad(LoadScenario):
    """Records to the event stream, and what the platform and the dead letters have of them."""

    title: ClassVar[str] = "Engagement events, under load"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)
    vendors: ClassVar[tuple[Vendor, ...]] = (CDP,)

    @cached_property
    def plan(self) -> Plan:
        """The records."""
        return make_plan(self.load)

    @cached_property
    def _attempts(self) -> list[Fault]:
        plan = self.load.fault_plan
        return [fault for address in self.plan.told for fault in plan.attempts(address)]

    def expect(self) -> Counts:
        """What the platform hears, how it misbehaves, and what is no event."""
        met = Counter(self._attempts)
        return {
            Cell(CDP.name, "callbacks taken in"): len(self.plan.told),
            Cell(CDP.name, "answered 429"): met[Fault.THROTTLED],
            Cell(CDP.name, "answered 500"): met[Fault.BROKEN],
            Cell(CDP.name, "cut after acceptance"): met[Fault.CUT],
            Cell(CDP.name, "ids taken in twice"): 0,
            Cell(CDP.name, "recipients taken in twice"): 0,
            Cell(CDP.name, "badly signed or shaped"): 0,
            **{Cell("Malformed", reason): count for reason, count in self.plan.malformed.items()},
            Cell("Dead letters", "callbacks"): 0,
        }

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Puts everything onto the stream, and waits until the platform has heard of all it has to."""
        stage.intakes[CDP].begin(self.load.fault_plan)
        account, journal = stage.account, stage.intakes[CDP].journal
        narrator.step(f"putting {len(self.plan.records):,} records onto the stream")
        _stream(account, self.plan.records)
        narrator.step("waiting until the platform has heard of every event that it has to")
        malformed = DeadLetters.of(account, _STACK, "MalformedDeadLettersUrl")

        def late() -> Counts:
            return {
                **vendor_counts(CDP.name, "callbacks taken in", journal),
                **malformed.counts("Malformed"),
            }

        seen = settle(expected, {}, late, narrator, still=STILLNESS, within=PATIENCE)
        given_up = DeadLetters.of(account, _STACK, "CallbackDeadLettersUrl").counts()
        return {**seen, Cell("Dead letters", "callbacks"): given_up.total()}

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """Posts to the platform, by its own journal."""
        # What was taken in and cut off is posted once more, since nobody heard the answer.
        fewest = len(self._attempts) + Counter(self._attempts)[Fault.CUT]
        return [Calls("posts to the platform", len(stage.intakes[CDP].journal.entries), fewest)]


def _stream(account: Account, records: Sequence[bytes]) -> None:
    name = account.output(_STACK, "StreamName")
    for start in range(0, len(records), _MOST_OF_CALL):
        entries = [
            {"Data": data, "PartitionKey": str(number)}
            for number, data in enumerate(records[start : start + _MOST_OF_CALL], start)
        ]
        answer = account.client("kinesis").put_records(StreamName=name, Records=entries)
        if answer["FailedRecordCount"]:
            raise RuntimeError(f"the stream did not take {answer['FailedRecordCount']} records")
