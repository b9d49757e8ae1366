"""Turns of campaigns: never more at once than allowed, in order of arrival, whoever dies in between."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from patterns.segment_import.turns import LEASE_SECONDS, Ticket, Turns
from tests.support.turns import create_turns_table


class World:
    """A clock, the campaigns that run, and turns that see both."""

    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb
        self.time = 1_800_000_000.0
        self.running: set[str] = set()

    def turns(self, at_once: int = 1) -> Turns:
        return Turns(self.dynamodb, "turns", at_once, self.running.__contains__, lambda: self.time)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        create_turns_table(dynamodb)
        yield World(dynamodb)


def ticket(name: str) -> Ticket:
    """A ticket; names in alphabetical order arrive in that order."""
    return Ticket(name, f"campaign-{name}", f"2026-11-25T00:00:00Z-{name}")


A, B, C = ticket("a"), ticket("b"), ticket("c")


def test_there_are_as_many_turns_as_allowed_and_no_more(world: World) -> None:
    turns = world.turns(2)
    assert [turns.take(each) for each in (A, B, C)] == [True, True, False]


def test_who_has_a_turn_has_it_however_often_it_is_asked_for(world: World) -> None:
    turns = world.turns(2)
    assert [turns.take(A), turns.take(A)] == [True, True]
    assert [turns.take(B), turns.take(C)] == [True, False]


def test_what_is_given_back_goes_to_who_arrived_first(world: World) -> None:
    turns = world.turns()
    assert [turns.take(each) for each in (A, C, B)] == [True, False, False]
    turns.give_back(A)
    assert [turns.take(C), turns.take(B)] == [False, True]
    turns.give_back(B)
    assert turns.take(C)


def test_who_asks_no_more_is_passed_over(world: World) -> None:
    turns = world.turns()
    turns.take(A)
    turns.take(B)
    world.time += LEASE_SECONDS - 10
    turns.renew(A)
    turns.take(C)
    turns.give_back(A)
    assert not turns.take(C)
    world.time += 10
    assert turns.take(C)


def test_a_turn_whose_holder_died_before_it_sent_is_free_after_its_lease(world: World) -> None:
    turns = world.turns()
    turns.take(A)
    world.time += LEASE_SECONDS - 1
    assert not turns.take(B)
    world.time += 1
    assert turns.take(B)
    assert not turns.renew(A)
    assert not turns.take(A)


def test_a_campaign_that_nobody_watches_any_more_keeps_its_turn_while_it_runs(world: World) -> None:
    turns = world.turns()
    turns.take(A)
    world.running.add(A.campaign)
    for _ in range(3):
        world.time += LEASE_SECONDS
        assert not turns.take(B)
    world.running.clear()
    world.time += LEASE_SECONDS
    assert turns.take(B)


def test_a_turn_that_is_renewed_never_runs_out(world: World) -> None:
    turns = world.turns()
    turns.take(A)
    for _ in range(4):
        world.time += LEASE_SECONDS / 2
        assert turns.renew(A)
        assert not turns.take(B)


def test_nobody_gives_back_the_turn_of_another(world: World) -> None:
    turns = world.turns()
    turns.take(A)
    turns.give_back(B)
    assert not turns.take(B)


def test_with_fewer_turns_than_before_nobody_starts_until_enough_have_ended(world: World) -> None:
    for each in (A, B):
        assert world.turns(2).take(each)
    fewer = world.turns(1)
    fewer.give_back(A)
    assert not fewer.take(C)
    fewer.give_back(B)
    assert fewer.take(C)


def test_two_who_see_the_same_free_turn_do_not_both_get_it(world: World) -> None:
    class Racing(Turns):
        """B takes the turn after A has looked and before A sits down."""

        def _ahead_of(self, ticket: Ticket) -> int:
            if ticket == A:
                assert world.turns().take(B) is False
                world.dynamodb.delete_item(
                    TableName="turns", Key={"pk": {"S": "waiting"}, "sk": {"S": f"{A.arrived}#{A.holder}"}}
                )
                assert world.turns().take(B)
            return 0

    racing = Racing(world.dynamodb, "turns", 1, world.running.__contains__, lambda: world.time)
    assert not racing.take(A)
