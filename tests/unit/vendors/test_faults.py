"""The fault plan: a vendor's bad day, the same one every time."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from embedded.vendors.faults import Fault, FaultPlan


@given(st.integers(), st.text(), st.integers(min_value=1, max_value=9))
def test_a_fault_depends_on_seed_recipient_and_attempt_alone(seed: int, recipient: str, attempt: int) -> None:
    assert FaultPlan(seed).fault(recipient, attempt) is FaultPlan(seed).fault(recipient, attempt)


@given(st.integers(), st.text())
def test_who_tries_again_after_429_and_500_is_accepted_in_the_end(seed: int, recipient: str) -> None:
    attempts = FaultPlan(seed).attempts(recipient)
    assert attempts[-1] in (Fault.NONE, Fault.CUT)
    assert set(attempts[:-1]) <= {Fault.THROTTLED, Fault.BROKEN}


def test_faults_come_about_as_often_as_their_shares_say() -> None:
    plan = FaultPlan(seed=3)
    seen = Counter(plan.fault(f"handle-{n}", 1) for n in range(20_000))
    assert 900 < seen[Fault.THROTTLED] < 1_100
    assert 500 < seen[Fault.BROKEN] < 700
    assert 140 < seen[Fault.CUT] < 260
