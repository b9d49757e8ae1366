"""Many changes at once: order, transactions, and others who write at the same time."""

from collections.abc import Sequence
from typing import Any

import pytest

from engine.endpoints.access import delete_endpoints, get_endpoint, get_endpoints, user_endpoints
from engine.endpoints.apply import apply_changes
from engine.endpoints.change import EndpointChange
from engine.store import Write
from tests.support.engine_world import World

APP = "a" * 32


def change(endpoint_id: str, address: str = "", **more: Any) -> EndpointChange:
    mail = {"Address": address, "ChannelType": "EMAIL"} if address else {}
    return EndpointChange(endpoint_id, mail | more)


class Interference:
    """Writes of somebody else, just before the store's own."""

    def __init__(
        self, world: World, monkeypatch: pytest.MonkeyPatch, times: int, other: EndpointChange
    ) -> None:
        self.left = times
        self._write = world.context.store.write
        self._world = world
        self._other = other
        monkeypatch.setattr(world.context.store, "write", self)

    def __call__(self, writes: Sequence[Write]) -> None:
        if self.left:
            self.left -= 1
            kept, self.left = self.left, 0
            apply_changes(self._world.context, APP, [self._other])
            self.left = kept
        self._write(writes)


def test_outcomes_come_in_the_order_of_the_changes_and_a_bad_one_fails_alone(world: World) -> None:
    outcomes = apply_changes(
        world.context,
        APP,
        [change("a", "a@example.com"), change("b$d"), change("A", Attributes={"n": ["1"]}), change("c")],
    )

    assert [outcome.endpoint_id for outcome in outcomes] == ["a", "b$d", "A", "c"]
    assert [outcome.error is None for outcome in outcomes] == [True, False, True, True]
    assert [outcome.created for outcome in outcomes] == [True, False, False, True]
    assert outcomes[2].document == get_endpoint(world.context, APP, "a")


def test_hundreds_of_changes_are_cut_into_transactions(world: World) -> None:
    changes = [change(f"e{i}", f"{i % 80}@example.com", User={"UserId": f"u{i % 20}"}) for i in range(120)]

    outcomes = apply_changes(world.context, APP, changes)

    assert all(outcome.error is None for outcome in outcomes)
    stored = get_endpoints(world.context, APP, (outcome.endpoint_id for outcome in outcomes))
    active = {name for name, document in stored.items() if document["EndpointStatus"] == "ACTIVE"}
    assert active == {f"e{i}" for i in range(40, 120)}
    assert len(user_endpoints(world.context, APP, "u7")) == 6


def test_a_change_that_lost_a_race_is_computed_again_on_what_the_other_wrote(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_changes(world.context, APP, [change("e", "a@example.com")])
    Interference(world, monkeypatch, 1, change("e", Attributes={"theirs": ["1"]}))

    (outcome,) = apply_changes(world.context, APP, [change("e", Attributes={"ours": ["2"]})])

    assert outcome.document is not None
    assert outcome.document["Attributes"] == {"theirs": ["1"], "ours": ["2"]}


def test_two_who_take_one_address_at_once_leave_one_active(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    Interference(world, monkeypatch, 1, change("theirs", "same@example.com"))

    apply_changes(world.context, APP, [change("ours", "same@example.com")])

    statuses = {
        name: document["EndpointStatus"]
        for name in ("ours", "theirs")
        if (document := get_endpoint(world.context, APP, name)) is not None
    }
    assert statuses == {"ours": "ACTIVE", "theirs": "INACTIVE"}


def test_a_change_that_always_loses_is_told_to_try_again_and_the_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.endpoints.apply.time.sleep", lambda _: None)
    apply_changes(world.context, APP, [change("hot", "a@example.com")])
    Interference(world, monkeypatch, 8, change("hot", Attributes={"n": ["1"]}))

    outcomes = apply_changes(world.context, APP, [change("hot"), change("cold", "b@example.com")])

    assert outcomes[0].error is not None
    assert outcomes[0].error.status == 429
    assert outcomes[1].error is None
    assert get_endpoint(world.context, APP, "cold") is not None


def test_an_import_may_ask_that_a_new_endpoint_is_complete(world: World) -> None:
    incomplete = EndpointChange("e", {"Address": "a@example.com"}, complete_when_new=True)
    update = EndpointChange("e", {"Attributes": {"n": ["1"]}}, complete_when_new=True)

    refused, created, updated = apply_changes(
        world.context, APP, [incomplete, change("e", "a@example.com"), update]
    )

    assert refused.error is not None
    assert refused.error.message == "a new endpoint needs ChannelType"
    assert (created.error, updated.error) == (None, None)


def test_a_refused_change_leaves_no_trace_of_what_it_would_have_taken(world: World) -> None:
    apply_changes(world.context, APP, [change(f"e{i}", User={"UserId": "full"}) for i in range(15)])
    apply_changes(world.context, APP, [change("holder", "a@example.com")])

    (outcome,) = apply_changes(
        world.context, APP, [change("taker", "a@example.com", User={"UserId": "full"})]
    )

    assert outcome.error is not None
    holder = get_endpoint(world.context, APP, "holder")
    assert holder is not None
    assert holder["EndpointStatus"] == "ACTIVE"


def test_deleting_several_gives_those_that_existed(world: World) -> None:
    apply_changes(world.context, APP, [change("a", "a@example.com"), change("b", "b@example.com")])

    removed = delete_endpoints(world.context, APP, ["A", "nobody", "b"])

    assert [document["Id"] for document in removed] == ["a", "b"]
