"""The demo's file: made from a seed, bad on purpose."""

import csv
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded.demo.options import FEWEST_GOOD_ROWS, Options
from embedded.demo.scenarios.campaign.bad_rows import KINDS
from embedded.demo.scenarios.campaign.plan import Plan, make_plan
from embedded.vendors.faults import Fault, FaultPlan

PEOPLE, BAD_ROWS = 2_000, 40


def made(seed: int, *, people: int = PEOPLE, bad_rows: int = BAD_ROWS) -> Plan:
    return make_plan(seed, FaultPlan(seed), people=people, bad_rows=bad_rows)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made(1)


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(plan: Plan) -> None:
    assert made(1).content == plan.content
    assert made(2).content != plan.content


def test_the_file_has_two_thousand_rows_of_which_forty_are_bad_in_at_least_eight_ways(plan: Plan) -> None:
    lines = plan.content.removesuffix(b"\n").split(b"\n")
    assert (len(lines) - 1, len(plan.endpoints)) == (PEOPLE, PEOPLE - BAD_ROWS)
    assert sum(plan.bad.values()) == BAD_ROWS
    assert sum(1 for count in plan.bad.values() if count) >= 8


def test_each_good_row_is_in_the_file_as_the_plan_has_it(plan: Plan) -> None:
    lines = plan.content.decode("latin-1").split("\n")[1:-1]
    # Each line alone: a stray quote must not swallow what follows it.
    rows = [next(csv.reader([line])) for line in lines]
    in_file = {(row[2], row[0], row[1], row[4], row[3] == "ALL") for row in rows}
    planned = {(e.endpoint_id, e.channel, e.address, e.user_id, e.opted_out) for e in plan.endpoints}
    assert planned <= in_file


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_bad_row_stays_on_its_line(kind: str) -> None:
    row = KINDS[kind](7)
    assert b"\n" not in row
    assert b"\r" not in row
    assert b"bad-" in row


@settings(max_examples=20, deadline=None)
@given(st.integers(min_value=0, max_value=2**32), st.integers(FEWEST_GOOD_ROWS, 500), st.integers(0, 30))
def test_whatever_the_seed_and_size_ids_are_unique_and_users_near_the_cap_meet_no_fault(
    seed: int, good: int, bad: int
) -> None:
    faults = FaultPlan(seed)
    plan = made(seed, people=good + bad, bad_rows=bad)
    assert (len(plan.endpoints), sum(plan.bad.values())) == (good, bad)
    assert len({endpoint.endpoint_id for endpoint in plan.endpoints}) == len(plan.endpoints)
    busy = {user for user, count in Counter(e.user_id for e in plan.endpoints).items() if count > 1}
    assert busy
    met = {faults.attempts(e.address) for e in plan.endpoints if e.user_id in busy and e.channel == "CUSTOM"}
    assert met == {(Fault.NONE,)}


@pytest.mark.parametrize(("people", "bad_rows"), [(FEWEST_GOOD_ROWS, 1), (100, -1)])
def test_a_file_without_room_for_one_of_each_kind_is_refused(people: int, bad_rows: int) -> None:
    with pytest.raises(ValueError, match=f"got {people} people of which {bad_rows} are bad"):
        Options(people=people, bad_rows=bad_rows)
