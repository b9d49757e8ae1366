"""The rules for a stream batch after a call."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.lambda_events.batches import (
    Batch,
    Limits,
    Record,
    after_failure,
    first_failure,
    split_by_age,
)


def batch(count: int, attempts: int = 0, start: int = 0) -> Batch:
    return Batch(tuple(record(number) for number in range(start, start + count)), attempts)


def record(number: int) -> Record:
    return Record(str(number), f"{number:020d}", arrived=float(number), event={"number": number})


def failures(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in numbers]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, None),
        ({}, None),
        ({"batchItemFailures": []}, None),
        ({"batchItemFailures": None}, None),
        ("not json", None),
        (failures(3, 1, 2), 1),
        ('{"batchItemFailures": [{"itemIdentifier": "2"}]}', 2),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, 0),
        ({"batchItemFailures": [{"id": "2"}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": "99"}]}, 0),
    ],
)
def test_the_lowest_reported_record_counts_and_a_malformed_report_fails_the_batch(
    answer: Any, expected: int | None
) -> None:
    assert first_failure(batch(5), answer, reports_items=True) == expected


def test_a_report_that_was_not_asked_for_is_a_success() -> None:
    assert first_failure(batch(5), failures(1), reports_items=False) is None


def test_a_split_uses_up_no_retry() -> None:
    halves = after_failure(batch(5), 0, Limits(retries=0, bisect=True)).batches
    assert [(len(half.records), half.attempts) for half in halves] == [(2, 0), (3, 0)]


def test_a_reported_failure_is_where_a_bisected_batch_is_cut() -> None:
    (rest,) = after_failure(batch(5), 3, Limits(bisect=True)).batches
    assert [one.sequence for one in rest.records] == ["3", "4"]


def test_a_batch_is_given_up_after_its_first_call_and_its_retries() -> None:
    limits = Limits(retries=2)
    retried = after_failure(batch(2, attempts=1), 0, limits)
    assert (len(retried.batches), retried.discarded) == (1, ())
    given_up = after_failure(batch(2, attempts=2), 0, limits)
    assert given_up.batches == ()
    assert given_up.discarded[0].condition == "RetryAttemptsExhausted"
    assert given_up.discarded[0].batch.attempts == 3


def test_only_the_records_past_their_age_are_given_up() -> None:
    by_age = split_by_age(batch(10), Limits(age=4), now=10.0)
    assert [one.sequence for one in by_age.discarded[0].batch.records] == ["0", "1", "2", "3", "4", "5"]
    assert [one.sequence for one in by_age.batches[0].records] == ["6", "7", "8", "9"]


@given(
    size=st.integers(1, 40),
    poison=st.sets(st.integers(0, 39)),
    retries=st.integers(0, 3),
    bisect=st.booleans(),
    reports=st.booleans(),
)
def test_every_record_is_delivered_or_discarded_once_and_in_order(
    size: int, poison: set[int], retries: int, bisect: bool, reports: bool
) -> None:
    """Plays a function that fails on its poison records, until nothing is pending."""
    limits = Limits(retries=retries, bisect=bisect)
    pending, settled = [batch(size)], list[str]()
    discarded = set[int]()
    while pending:
        current = pending.pop(0)
        bad = [index for index, one in enumerate(current.records) if int(one.sequence) in poison]
        failed = (bad[0] if reports else 0) if bad else None
        if failed is None:
            settled += [one.sequence for one in current.records]
            continue
        settled += [one.sequence for one in current.records[:failed]]
        outcome = after_failure(current, failed, limits)
        for given_up in outcome.discarded:
            settled += [one.sequence for one in given_up.batch.records]
            discarded |= {int(one.sequence) for one in given_up.batch.records}
        pending = [*outcome.batches, *pending]
    assert settled == [str(number) for number in range(size)]
    assert {number for number in poison if number < size} <= discarded
    if bisect:
        assert discarded <= poison
