"""Which calls of the API are one too many."""

import json
from pathlib import Path

import pytest

from embedded.api_throttling import Throttling

PUT_EVENTS = ("POST", f"/v1/apps/{'a' * 32}/events")
GET_APP = ("GET", f"/v1/apps/{'a' * 32}")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "throttling.json"


def test_each_nth_call_of_a_planned_operation_is_refused_and_no_other(plan: Path) -> None:
    plan.write_text(json.dumps({"PutEvents": 3}))
    throttling = Throttling(plan, plan.with_name("counts.json"))
    assert [throttling.refuses(*PUT_EVENTS) for _ in range(7)] == [False, False, True] * 2 + [False]
    assert not any(throttling.refuses(*GET_APP) for _ in range(7))
    assert not any(throttling.refuses("POST", "/no/such/path") for _ in range(7))
    assert json.loads(plan.with_name("counts.json").read_text()) == {"PutEvents": 7}


def test_a_plan_of_none_only_counts(plan: Path) -> None:
    plan.write_text(json.dumps({"PutEvents": 0}))
    throttling = Throttling(plan, plan.with_name("counts.json"))
    assert not any(throttling.refuses(*PUT_EVENTS) for _ in range(5))
    assert json.loads(plan.with_name("counts.json").read_text()) == {"PutEvents": 5}


def test_calls_count_from_the_moment_at_which_there_is_a_plan_and_to_its_end(plan: Path) -> None:
    throttling = Throttling(plan, plan.with_name("counts.json"))
    assert not any(throttling.refuses(*PUT_EVENTS) for _ in range(5))
    plan.write_text(json.dumps({"PutEvents": 2}))
    assert [throttling.refuses(*PUT_EVENTS) for _ in range(2)] == [False, True]
    plan.unlink()
    assert not any(throttling.refuses(*PUT_EVENTS) for _ in range(5))
