"""Preferences: whatever is sent is a change or bad input; what was changed has nothing left to change."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from patterns.user_endpoints.errors import ApiError, BadInput
from patterns.user_endpoints.intent import Intent, intent_from_json
from patterns.user_endpoints.preferences import Change, Preference, Schema, read_change
from patterns.user_endpoints.updates import EndpointUpdate, updates_for

SCHEMA: Schema = {
    "Deals": Preference(("Subscribed", "Unsubscribed"), channels=frozenset({"EMAIL"})),
    "Topics": Preference(("news", "offers", "events"), several=True),
}
_IDS = ("mail", "phone", "push")
opt_outs = st.sampled_from(("ALL", "NONE"))
topics = st.lists(st.sampled_from(SCHEMA["Topics"].values), max_size=4)
# What a client may send, and values of every kind in its place.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
nearly = st.fixed_dictionaries(
    {},
    optional={
        "preferences": st.dictionaries(
            st.sampled_from(("Deals", "Topics", "Colour")), anything | topics, max_size=3
        ),
        "opt_out": opt_outs | anything,
        "endpoints": st.dictionaries(st.sampled_from(_IDS), anything, max_size=3) | anything,
    },
)
part = st.fixed_dictionaries(
    {},
    optional={
        "preferences": st.fixed_dictionaries(
            {},
            optional={
                "Topics": topics
                | st.fixed_dictionaries({"add": topics})
                | st.fixed_dictionaries({"remove": topics}),
            },
        ),
        "opt_out": opt_outs,
    },
)
changes = st.builds(
    lambda whole, single: {**whole, "endpoints": single},
    part,
    st.dictionaries(st.sampled_from(_IDS), part, max_size=3),
)


@st.composite
def endpoints(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The endpoints of one user, in any state."""
    return [
        {
            "Id": name,
            "ChannelType": channel,
            "OptOut": draw(opt_outs),
            "EndpointStatus": draw(st.sampled_from(("ACTIVE", "INACTIVE"))),
            "Attributes": {"Topics": draw(topics), "Plan": ["gold"]},
        }
        for name, channel in zip(_IDS, ("EMAIL", "SMS", "GCM"), strict=True)
    ]


def made(found: Sequence[Mapping[str, Any]], updates: Sequence[EndpointUpdate]) -> list[dict[str, Any]]:
    """The endpoints after the updates, merged as Pinpoint merges them."""
    sent = {update.endpoint_id: update.endpoint_request for update in updates}
    return [
        {
            **one,
            **sent.get(one["Id"], {}),
            "Attributes": {**one["Attributes"], **sent.get(one["Id"], {}).get("Attributes", {})},
        }
        for one in found
    ]


def becomes(sent: bytes) -> Change | str:
    """The change that a body is, or what is said against it."""
    try:
        return read_change(sent, SCHEMA)
    except BadInput as bad:
        return bad.message


@given(anything | nearly)
def test_whatever_is_sent_is_a_change_or_bad_input(sent: Any) -> None:
    assert becomes(json.dumps(sent).encode())


@given(st.binary(max_size=200))
def test_bytes_are_a_change_or_bad_input(sent: bytes) -> None:
    assert becomes(sent)


@given(changes, endpoints())
def test_a_change_that_was_made_leaves_nothing_to_make_and_all_else_as_it_was(
    sent: dict[str, Any], found: list[dict[str, Any]]
) -> None:
    try:
        change = read_change(json.dumps(sent).encode(), SCHEMA)
        updates = updates_for(change, SCHEMA, found)
    except ApiError:
        return
    after = made(found, updates)
    assert updates_for(change, SCHEMA, after) == ()
    for before, now in zip(found, after, strict=True):
        assert now["Attributes"]["Plan"] == ["gold"]
        assert now["EndpointStatus"] == before["EndpointStatus"]
        if before["Id"] not in {update.endpoint_id for update in updates}:
            assert now == before


@given(changes, endpoints(), st.integers(0, 3))
def test_a_change_that_was_begun_is_read_back_as_it_was_written(
    sent: dict[str, Any], found: list[dict[str, Any]], done: int
) -> None:
    try:
        updates = updates_for(read_change(json.dumps(sent).encode(), SCHEMA), SCHEMA, found)
    except ApiError:
        return
    refused = tuple((update, "too many attributes") for update in updates[done + 1 :])
    begun = Intent("id", 1.5, "u", "api", "f", None, updates[:done], updates[done : done + 1], refused)
    written = begun.to_json()
    assert intent_from_json(written).to_json() == written
    assert intent_from_json(written).answer == json.loads(json.dumps(begun.answer))
