"""The ledger before the run."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded.demo.ledger import Cell
from embedded.demo.scenarios.campaign.expected import Setup, expected_ledger
from embedded.demo.scenarios.campaign.plan import Plan, make_plan
from embedded.vendors.faults import FaultPlan


def setup(seed: int, *, idempotency: bool = True) -> Setup:
    return Setup(FaultPlan(seed), FaultPlan(seed + 1), idempotency=idempotency, frequency_cap=3)


def made(seed: int, *, people: int = 2_000, bad_rows: int = 40) -> Plan:
    return make_plan(seed, FaultPlan(seed), people=people, bad_rows=bad_rows)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made(1)


@settings(max_examples=15, deadline=None)
@given(st.integers(min_value=0, max_value=999), st.integers())
def test_no_cell_depends_on_the_order_in_which_rows_are_worked_on(seed: int, order: int) -> None:
    plan = made(seed)
    endpoints = list(plan.endpoints)
    random.Random(order).shuffle(endpoints)
    shuffled = replace(plan, endpoints=tuple(endpoints))
    assert expected_ledger(shuffled, setup(seed)) == expected_ledger(plan, setup(seed))


@pytest.mark.parametrize("campaign", ["Webhook campaign", "E-mail campaign"])
@pytest.mark.parametrize("idempotency", [True, False])
def test_each_campaign_balances(plan: Plan, campaign: str, idempotency: bool) -> None:
    cells = expected_ledger(plan, setup(1, idempotency=idempotency))
    on_the_way = ("in the segment", "handed to the channel")
    ends = [n for cell, n in cells.items() if cell.where == campaign and cell.what not in on_the_way]
    assert sum(ends) == cells[Cell(campaign, "in the segment")] == len(plan.endpoints)


def test_without_keys_unknown_is_what_was_cut_and_with_keys_there_is_none(plan: Plan) -> None:
    unknown, cut = Cell("Webhook campaign", "unknown"), Cell("Message vendor", "cut after acceptance")
    with_keys = expected_ledger(plan, setup(1))
    without = expected_ledger(plan, setup(1, idempotency=False))
    assert with_keys[unknown] == 0
    assert without[unknown] == without[cut] == with_keys[cut] > 0


def test_every_fault_happens_in_the_demos_default(plan: Plan) -> None:
    cells = expected_ledger(plan, setup(1))
    for what in ("answered 429", "answered 500", "cut after acceptance"):
        assert cells[Cell("Message vendor", what)] > 0


@pytest.mark.parametrize(("people", "bad_rows"), [(2_000, 40), (240, 22), (50, 0)])
def test_every_reason_to_leave_somebody_out_happens_whatever_the_size(people: int, bad_rows: int) -> None:
    cells = expected_ledger(made(1, people=people, bad_rows=bad_rows), setup(1))
    for what in ("opted out", "inactive", "frequency cap", "another channel"):
        assert cells[Cell("Webhook campaign", f"left out: {what}")] > 0
        assert cells[Cell("E-mail campaign", f"left out: {what}")] > 0
    assert cells[Cell("Message vendor", "refused: unknown recipient")] > 0
    assert cells[Cell("E-mail campaign", "failed: hard bounce")] > 0
