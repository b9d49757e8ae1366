"""The load's arithmetic, and what it does with a cell that is off."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from bench.load import __main__ as command
from bench.load import audience_sync, engagement_events, user_events
from bench.load.report import write
from bench.load.run import Outcome, measure
from bench.load.scenario import Calls, Load, LoadScenario, floor
from bench.load.scenarios import ALL
from bench.load.send_message import make_plan
from bench.load.throttling import Throttling
from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.options import Options
from embedded.demo.report import Narrator
from embedded.demo.stage import Stage
from embedded.state import State

STAGE = Stage(Account("http://127.0.0.1:1", {}), Path("environment"), {})
SENT = Cell("Results", "SENT")


@dataclass(frozen=True)
class Pretended(LoadScenario):
    """Sees what it is told to see."""

    title: ClassVar[str] = "Pretended"
    patterns: ClassVar[tuple[str, ...]] = ("Pretended",)
    seen: int = 100
    made: int = 1

    def expect(self) -> Counts:
        return {SENT: self.load.items}

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        return {SENT: self.seen}

    def calls(self, stage: Stage) -> Sequence[Calls]:
        return [Calls("SendMessages", self.made, floor(self.load.items, 100))]


def outcome(*, seen: int = 100, made: int = 1) -> Outcome:
    scenario = Pretended(Options(), Load(items=100), seen=seen, made=made)
    return measure(STAGE, scenario, Narrator(Console(quiet=True)))


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (outcome(), ()),
        (outcome(seen=99), ("Results: SENT: expected 100, seen 99",)),
        (outcome(seen=101), ("Results: SENT: expected 100, seen 101",)),
        (outcome(made=3), ("SendMessages: 3 calls, expected 1 to 2",)),
        (outcome(made=0), ("SendMessages: 0 calls, expected 1 to 2",)),
    ],
    ids=["right", "too few", "too many", "too many calls", "calls that nobody counted"],
)
def test_a_wrong_cell_is_named_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, found: Outcome, wrong: tuple[str, ...]
) -> None:
    assert found.wrong == wrong
    monkeypatch.setattr(command, "run", lambda *_, **__: found)
    monkeypatch.setattr(command, "write", lambda it, pattern: write(it, pattern, tmp_path))
    result = invoke("--items", "100")
    assert result.exit_code == bool(wrong)
    assert all(sentence in result.output for sentence in wrong)
    (kept,) = tmp_path.glob("load-SendMessage-*.json")
    assert json.loads(kept.read_text())["wrong"] == list(wrong)


def test_a_pattern_without_a_load_is_refused_with_those_that_have_one() -> None:
    result = invoke("--pattern", "Postcards")
    assert result.exit_code == 2
    assert "no load is there for 'Postcards': there are SendMessage" in result.output


@pytest.mark.parametrize("wrong", ["--items=99", "--faults=0.6", "--duplicates=-0.1"])
def test_a_load_that_cannot_be_is_a_wrong_argument(wrong: str) -> None:
    assert invoke(wrong).exit_code == 2


def test_calls_may_exceed_the_floor_by_a_tenth_and_by_what_finds_a_refused_item() -> None:
    assert (floor(20_000, 100), floor(1, 100), floor(101, 100)) == (200, 1, 2)
    assert Calls("SendMessages", 220, 200).agrees
    assert not Calls("SendMessages", 221, 200).agrees
    assert Calls("SendMessages", 233, 200, bad=1).agrees
    assert not Calls("SendMessages", 235, 200, bad=1).agrees
    assert not Calls("SendMessages", 199, 200).agrees
    assert Calls("SendMessages", 231, 200, throttled=11).agrees
    assert not Calls("SendMessages", 232, 200, throttled=11).agrees


@pytest.mark.parametrize(("faults", "every", "throttled"), [(0.05, 20, 10), (0, 0, 0)])
def test_as_many_calls_are_throttled_as_a_load_has_faults(
    tmp_path: Path, faults: float, every: int, throttled: int
) -> None:
    stage, state = Stage(STAGE.account, tmp_path / "environment", {}), State(tmp_path)
    throttling = Throttling.of(Load(faults=faults), "PutEvents")
    throttling.begin(stage)
    assert json.loads(state.throttling.read_text()) == {"PutEvents": every}
    state.watched_calls.write_text(json.dumps({"PutEvents": 210}))
    assert throttling.calls(stage, 200) == Calls("PutEvents", 210, 200, throttled=throttled)


def test_the_plans_hold_an_item_each_and_what_comes_twice() -> None:
    load = Load(items=2_000, seed=3)
    changes = Counter(json.loads(body)["endpoints"][0]["Id"] for body in audience_sync.make_plan(load).bodies)
    events = user_events.make_plan(load)
    queued = [json.loads(body) for body in (*events.queued, *events.on_bus)]
    listed = [event for each in queued for event in (each if isinstance(each, list) else [each])]
    ids = Counter(event["EventId"] for event in listed)
    records = Counter(engagement_events.make_plan(load).records)
    for found in (changes, ids, records):
        assert len(found) == load.items
        assert sum(times == 2 for times in found.values()) == load.repeated_items


@pytest.mark.parametrize("scenario", ALL)
def test_what_is_expected_depends_on_the_load_alone_and_on_its_shares(scenario: type[LoadScenario]) -> None:
    load = Load(items=500, seed=7)
    expected = scenario(Options(), load).expect()
    assert scenario(Options(seed=9), load).expect() == expected
    assert scenario(Options(), replace(load, faults=0, duplicates=0)).expect() != expected


def test_the_plan_of_message_requests_holds_what_it_expects() -> None:
    load = Load(items=2_000, seed=3)
    plan = make_plan(load)
    requests = {
        body["request_id"]: body for body in (json.loads(it) for it in plan.bodies if it.startswith("{"))
    }
    listed = [each for body in requests.values() for each in body.get("recipients", ())]
    listed += [json.loads(line) for line in plan.file.splitlines()]
    good = Counter(each["address"] for each in listed if "simulator" in each.get("address", ""))
    assert len(listed) == load.items + load.repeated_items
    assert len(good) == plan.expected[SENT] == load.items - load.bad_items
    assert good.total() - len(good) == plan.expected[Cell("Results", "LEFT_OUT")] == load.repeated_items
    assert len(plan.bodies) > len(requests) + 1


def invoke(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(command.load)
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
