"""What holds of endpoints whatever is written, in whatever batches."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.context import Context, Queues
from engine.endpoints.access import get_endpoints, user_endpoints
from engine.endpoints.apply import apply_changes
from engine.endpoints.change import EndpointChange
from engine.endpoints.merge import merge
from engine.store import Document, address_key
from tests.support.engine_world import ACCOUNT, REGION, Clock
from tests.support.memory_store import MemoryStore

APP = "a" * 32
IDS = [f"e{i}" for i in range(24)]
ADDRESSES = ["x@example.com", "y@example.com", "z@example.com"]
USERS = ["ann", "bob"]
CHANNELS = ["EMAIL", "GCM", "CUSTOM"]

requests = st.fixed_dictionaries(
    {},
    optional={
        "Address": st.sampled_from(ADDRESSES),
        "ChannelType": st.sampled_from(CHANNELS),
        "OptOut": st.sampled_from(["ALL", "NONE"]),
        "EndpointStatus": st.sampled_from(["ACTIVE", "INACTIVE"]),
        "Attributes": st.dictionaries(
            st.sampled_from("abc"), st.lists(st.sampled_from("xyz"), max_size=2), max_size=2
        ),
        "Metrics": st.dictionaries(st.sampled_from("mn"), st.floats(-9, 9), max_size=2),
        "User": st.fixed_dictionaries(
            {},
            optional={
                "UserId": st.sampled_from([*USERS, "b$d"]),
                "UserAttributes": st.dictionaries(
                    st.sampled_from("pq"), st.lists(st.sampled_from("xyz"), max_size=2), max_size=2
                ),
            },
        ),
    },
)
changes = st.builds(
    EndpointChange,
    st.sampled_from(IDS).flatmap(lambda name: st.sampled_from([name, name.upper()])),
    requests,
    st.booleans(),
)


def new_context() -> Context:
    return Context(
        store=MemoryStore(),
        queues=Queues(None, {}),
        region=REGION,
        account=ACCOUNT,
        client=lambda _: None,
        now=Clock(),
    )


def all_endpoints(context: Context) -> dict[str, Document]:
    return get_endpoints(context, APP, IDS)


def undated(document: Document) -> Document:
    return {name: value for name, value in document.items() if not name.endswith("Date")}


def cut(everything: Sequence[Any], cuts: list[int]) -> list[Sequence[Any]]:
    bounds = [0, *sorted(min(c, len(everything)) for c in cuts), len(everything)]
    return [everything[a:b] for a, b in pairwise(bounds)]


@settings(max_examples=60, deadline=None)
@given(st.lists(changes, max_size=60))
def test_an_address_has_at_most_one_active_endpoint_and_the_table_knows_which(
    written: list[EndpointChange],
) -> None:
    context = new_context()
    apply_changes(context, APP, written)

    active: dict[tuple[str, str], list[str]] = defaultdict(list)
    for endpoint in all_endpoints(context).values():
        if endpoint["EndpointStatus"] == "ACTIVE" and "Address" in endpoint and "ChannelType" in endpoint:
            active[endpoint["ChannelType"], endpoint["Address"]].append(endpoint["Id"].lower())
    for channel in CHANNELS:
        for address in ADDRESSES:
            owner = context.store.get(address_key(APP, channel, address))
            assert active[channel, address] == ([] if owner is None else [owner.doc["Id"]])


@settings(max_examples=60, deadline=None)
@given(st.lists(changes, max_size=120))
def test_a_users_list_is_exactly_the_endpoints_that_name_the_user(written: list[EndpointChange]) -> None:
    context = new_context()
    apply_changes(context, APP, written)

    for user in USERS:
        naming = {
            name
            for name, endpoint in all_endpoints(context).items()
            if endpoint.get("User", {}).get("UserId") == user
        }
        listed = [endpoint["Id"].lower() for endpoint in user_endpoints(context, APP, user)]
        assert len(listed) == len(set(listed)) <= 15
        assert set(listed) == naming


@settings(max_examples=60, deadline=None)
@given(st.lists(changes, max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_batches_change_nothing_but_the_number_of_calls(
    written: list[EndpointChange], cuts: list[int]
) -> None:
    one_by_one, in_batches = new_context(), new_context()
    single = [apply_changes(one_by_one, APP, [change])[0] for change in written]
    batched = [o for batch in cut(written, cuts) for o in apply_changes(in_batches, APP, batch)]

    assert [(o.created, o.error is None) for o in single] == [(o.created, o.error is None) for o in batched]
    assert {name: undated(e) for name, e in all_endpoints(one_by_one).items()} == {
        name: undated(e) for name, e in all_endpoints(in_batches).items()
    }


@given(requests, requests)
def test_a_merge_twice_is_a_merge_once_and_changes_neither_argument(
    first: Document, second: Document
) -> None:
    names = {"application_id": APP, "endpoint_id": "e", "moment": "2026-11-24T12:00:00.000Z"}
    stored = merge(None, first, **names)
    before, request_before = repr(stored), repr(second)

    once = merge(stored, second, **names)

    assert merge(once, second, **names) == once
    assert (repr(stored), repr(second)) == (before, request_before)


@given(requests, requests)
def test_a_merge_keeps_what_is_not_sent_and_takes_what_is(first: Document, second: Document) -> None:
    names = {"application_id": APP, "endpoint_id": "e", "moment": "2026-11-24T12:00:00.000Z"}
    stored = merge(None, first, **names)
    merged = merge(stored, second, **names)

    for member in ("Address", "ChannelType", "OptOut"):
        assert merged.get(member) == second.get(member, stored.get(member))
    for name in {*stored.get("Attributes", {}), *second.get("Attributes", {})}:
        wanted = second.get("Attributes", {}).get(name, stored.get("Attributes", {}).get(name))
        assert merged["Attributes"].get(name, []) == wanted
