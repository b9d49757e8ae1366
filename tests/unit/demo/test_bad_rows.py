"""The demo's bad rows against the pattern that has to find them."""

from embedded.demo.scenarios.campaign.plan import make_plan
from embedded.vendors.faults import FaultPlan
from patterns.segment_import.sorting import sort_rows


def test_the_import_pattern_quarantines_each_bad_row_for_its_reason_and_no_good_one() -> None:
    plan = make_plan(3, FaultPlan(3), people=2_000, bad_rows=40)
    accepted: list[bytes] = []
    quarantined: list[bytes] = []
    counts = sort_rows([plan.content], lambda _: accepted.append, quarantined.append)
    assert dict(counts.quarantined) == plan.bad
    assert counts.accepted == len(plan.endpoints)
