"""The ledger of sends, over DynamoDB."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pinpoint_runtime.ledger import Claimed, Duplicate, Held, Ledger, Settled, State

LEASE = 90.0


class OneAtATime:
    """A client whose calls are atomic, as DynamoDB's are on one item and moto's are not."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def update_item(self, **request: Any) -> Any:
        with self._lock:
            return self._client.update_item(**request)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Iterator[Ledger]:
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        yield Ledger(OneAtATime(client), "ledger", lease=LEASE, clock=clock)


def claimed(claim: object) -> Claimed:
    assert isinstance(claim, Claimed), claim
    return claim


def test_a_key_is_claimed_once_and_stays_settled(ledger: Ledger) -> None:
    claim = claimed(ledger.claim("k", owner="a"))
    ledger.settle(claim, State.FAILED, "http_422")
    assert ledger.claim("k", owner="a") == Settled(State.FAILED, "http_422")


def test_another_owner_of_the_same_key_is_a_duplicate_whatever_the_state(ledger: Ledger) -> None:
    claim = claimed(ledger.claim("k", owner="a"))
    assert ledger.claim("k", owner="b") == Duplicate()
    ledger.reopen(claim, counts=True)
    assert ledger.claim("k", owner="b") == Duplicate()
    ledger.settle(claim, State.DELIVERED)
    assert ledger.claim("k", owner="b") == Duplicate()


def test_a_running_claim_is_held_until_its_lease_ends(ledger: Ledger, clock: Clock) -> None:
    ledger.claim("k", owner="a")
    assert ledger.claim("k", owner="a", repeatable=True) == Held(clock.now + LEASE)


def test_a_claim_past_its_lease_is_unknown_for_a_receiver_without_keys(ledger: Ledger, clock: Clock) -> None:
    ledger.claim("k", owner="a")
    clock.now += LEASE
    assert ledger.claim("k", owner="a") == Settled(State.UNKNOWN, "lease_expired")
    assert ledger.claim("k", owner="a", repeatable=True) == Settled(State.UNKNOWN, "lease_expired")


def test_a_claim_past_its_lease_is_repeated_for_a_receiver_with_keys_and_remembered_as_lost(
    ledger: Ledger, clock: Clock
) -> None:
    ledger.claim("k", owner="a", repeatable=True)
    clock.now += LEASE
    again = claimed(ledger.claim("k", owner="a", repeatable=True))
    assert (again.attempts, again.lost) == (2, True)
    ledger.reopen(again, counts=True)
    assert claimed(ledger.claim("k", owner="a", repeatable=True)).lost


def test_only_real_attempts_count(ledger: Ledger) -> None:
    first = claimed(ledger.claim("k"))
    ledger.reopen(first, counts=False)
    second = claimed(ledger.claim("k"))
    ledger.reopen(second, counts=True)
    third = claimed(ledger.claim("k"))
    assert [first.attempts, second.attempts, third.attempts] == [1, 1, 2]


def test_failed_work_that_was_put_back_is_tried_anew_with_its_attempts_reset(ledger: Ledger) -> None:
    claim = claimed(ledger.claim("k", owner="a"))
    ledger.settle(claim, State.FAILED, "http_500")
    again = claimed(ledger.claim("k", owner="a", generation=1))
    assert again.attempts == 1
    ledger.settle(again, State.DELIVERED)
    assert ledger.claim("k", owner="a", generation=2) == Settled(State.DELIVERED, "")


@pytest.mark.parametrize("repeatable", [False, True])
def test_unknown_work_is_put_back_only_if_the_receiver_knows_the_key(
    ledger: Ledger, repeatable: bool
) -> None:
    ledger.settle(claimed(ledger.claim("k")), State.UNKNOWN, "ReadTimeoutError")
    again = ledger.claim("k", generation=1, repeatable=repeatable)
    assert isinstance(again, Claimed) is repeatable


def test_of_many_workers_with_the_same_work_one_may_send(ledger: Ledger) -> None:
    with ThreadPoolExecutor(16) as pool:
        claims = list(pool.map(lambda _: ledger.claim("k", owner="a"), range(32)))
    assert sum(isinstance(claim, Claimed) for claim in claims) == 1
    assert sum(isinstance(claim, Held) for claim in claims) == 31
