"""What happens to a batch of stream records after a call: the rules, without any service.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]
UNLIMITED: Final = -1


@dataclass(frozen=True)
class Record:
    """One record of a shard.

    Attributes:
        sequence: What the function names in `batchItemFailures`.
        checkpoint: Where reading goes on after it; ordered as text.
        arrived: Epoch seconds.
        event: The record as the function sees it.
    """

    sequence: str
    checkpoint: str
    arrived: float
    event: dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Records that go to the function together, and how often they went."""

    records: tuple[Record, ...]
    attempts: int = 0


@dataclass(frozen=True)
class Discarded:
    """Records that are given up, for the on-failure destination."""

    batch: Batch
    condition: Condition


@dataclass(frozen=True)
class Limits:
    """A mapping's error handling; -1 is unlimited.

    Attributes:
        retries: Calls after the first one.
        age: Seconds since a record's arrival.
        bisect: Whether a failed batch is split in two. A split uses up no retry.
    """

    retries: int = UNLIMITED
    age: int = UNLIMITED
    bisect: bool = False


@dataclass(frozen=True)
class Next:
    """What to do after a failure: the batches to call with, in order, and what is given up."""

    batches: tuple[Batch, ...] = ()
    discarded: tuple[Discarded, ...] = ()


def first_failure(batch: Batch, answer: Any, *, reports_items: bool) -> int | None:
    """The index of the first record that a function's answer reports as failed, or None for success.

    Args:
        batch: What the function was called with.
        answer: What it returned, parsed or as JSON text.
        reports_items: Whether the mapping asks for ReportBatchItemFailures.

    An answer that does not follow the contract fails the whole batch, as on AWS.
    """
    if not reports_items:
        return None
    if isinstance(answer, str | bytes):
        try:
            answer = json.loads(answer) if answer else None
        except ValueError:
            return None
    if not isinstance(answer, dict):
        return None
    failures = answer.get("batchItemFailures")
    if not failures:
        return None
    index_of = {record.sequence: index for index, record in enumerate(batch.records)}
    try:
        return min(index_of[failure["itemIdentifier"]] for failure in failures)
    except (KeyError, TypeError):
        return 0


def split_by_age(batch: Batch, limits: Limits, now: float) -> Next:
    """Give up the records that are past the mapping's maximum age; the rest stays a batch."""
    if limits.age == UNLIMITED:
        return Next((batch,))
    young = next(
        (index for index, record in enumerate(batch.records) if now - record.arrived <= limits.age),
        len(batch.records),
    )
    old = Batch(batch.records[:young], batch.attempts)
    rest = Batch(batch.records[young:], batch.attempts)
    return Next(
        (rest,) if rest.records else (),
        (Discarded(old, "RecordAgeExceeded"),) if old.records else (),
    )


def after_failure(batch: Batch, failed: int, limits: Limits) -> Next:
    """What to do with the records from the first failed one on; those before it are done.

    Args:
        batch: What the function was called with.
        failed: Index of the first failed record; 0 when the call failed as a whole.
        limits: The mapping's.
    """
    rest = batch.records[failed:]
    if limits.bisect and len(rest) > 1:
        if failed:
            return Next((Batch(rest),))
        middle = len(rest) // 2
        return Next((Batch(rest[:middle]), Batch(rest[middle:])))
    # The record that now comes first failed once, whatever came before it did.
    tried = Batch(rest, 1 if failed else batch.attempts + 1)
    if limits.retries != UNLIMITED and tried.attempts > limits.retries:
        return Next(discarded=(Discarded(tried, "RetryAttemptsExhausted"),))
    return Next((tried,))
