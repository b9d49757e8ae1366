"""The audience sync over any order, repetition and failure of changes, and over any bad items of a call."""

import json
import math
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from patterns.audience_sync.applying import Applier
from patterns.audience_sync.message import Changes, Unreadable, read_message
from patterns.audience_sync.project import Done, Project, Refusal
from patterns.audience_sync.runs import Fate, Part, sort_parts
from patterns.audience_sync.state import EndpointStates
from pinpoint_runtime.queues import Again

TABLE = "states"


@dataclass
class Endpoints:
    """The API over endpoints: one bad item refuses the call; errors come as planned.

    Attributes:
        errors: The status of an error a call, 0 for none; above 499 the call took effect all the same.
    """

    errors: list[int] = field(default_factory=list[int])
    bad: frozenset[str] = frozenset()
    stored: dict[str, str] = field(default_factory=dict[str, str])
    calls: int = 0

    def update_endpoints_batch(self, *, EndpointBatchRequest: Any, **_: Any) -> None:  # noqa: N803
        items = EndpointBatchRequest["Item"]
        assert 1 <= len(items) <= 100
        self.calls += 1
        status = self.errors.pop(0) if self.errors else 0
        if status == 0 and any(item["Id"] in self.bad for item in items):
            raise error(400, "BadRequestException")
        if status in (0, 500):
            self.stored |= {item["Id"]: item.get("Address", "") for item in items}
        if status:
            raise error(status, str(status))

    def delete_endpoint(self, *, EndpointId: str, **_: Any) -> None:  # noqa: N803
        status = self.errors.pop(0) if self.errors else 0
        if status in (0, 500):
            self.stored.pop(EndpointId, None)
        if status:
            raise error(status, str(status))


class AnyPace:
    """A pace at which it is always somebody's turn."""

    def wait(self) -> None:
        return


def error(status: int, code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "UpdateEndpointsBatch")


def project(api: Endpoints) -> Project:
    pace: Any = AnyPace()
    return Project(api, "app", updates=pace, deletions=pace)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def said(endpoint_id: str, version: int, *, deletes: bool) -> Part:
    kind = "delete" if deletes else "create"
    definition = {"ChannelType": "CUSTOM", "Address": f"at-{version}", "OptOut": "NONE"}
    endpoint = {"Id": endpoint_id, **({} if deletes else definition)}
    read = read_message(json.dumps({"kind": kind, "version": version, "endpoints": [endpoint]}))
    assert isinstance(read, Changes)
    return Part(0, read.changes[0])


@settings(max_examples=12, deadline=None)
@given(
    order=st.permutations(range(1, 7)),
    copies=st.lists(st.integers(1, 6), max_size=4),
    deletions=st.sets(st.integers(1, 6), max_size=3),
    sizes=st.lists(st.integers(1, 3), min_size=10, max_size=10),
    errors=st.lists(st.sampled_from([0, 0, 429, 500, 503]), max_size=6),
)
def test_any_order_of_versions_with_copies_and_failures_ends_in_the_newest(
    dynamodb: Any,
    order: list[int],
    copies: list[int],
    deletions: set[int],
    sizes: list[int],
    errors: list[int],
) -> None:
    endpoint_id, api = uuid.uuid4().hex, Endpoints(errors)
    with ThreadPoolExecutor(2) as threads:
        states = EndpointStates(dynamodb, TABLE, keep_deleted=1000)
        applier = Applier(states, project(api), threads, lease=100)
        waiting = [*order, *copies]
        for turn in range(100):
            if not waiting:
                break
            size = sizes[turn % len(sizes)]
            taken, waiting = waiting[:size], waiting[size:]
            batch = sort_parts(said(endpoint_id, each, deletes=each in deletions) for each in taken)
            for runs in batch.rounds:
                outcomes = applier.apply(runs, uuid.uuid4().hex, lambda: True)
                waiting += [part.change.version for part, end in outcomes.items() if isinstance(end, Again)]
                if any(isinstance(end, Fate) and end is not Fate.STALE for end in outcomes.values()):
                    newest = states.claim(endpoint_id, 0, "looker", lease=1)
                    assert type(newest).__name__ == "Stale"
        assert not waiting
    assert api.stored == ({} if 6 in deletions else {endpoint_id: "at-6"})


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 350), data=st.data())
def test_halving_finds_each_bad_item_alone_in_few_calls(count: int, data: st.DataObject) -> None:
    ids = [f"e{number}" for number in range(count)]
    bad = data.draw(st.frozensets(st.sampled_from(ids), max_size=8))
    api = Endpoints(bad=bad)
    outcomes = project(api).update([{"Id": each} for each in ids], lambda: True)
    refused = {each for each, outcome in zip(ids, outcomes, strict=True) if isinstance(outcome, Refusal)}
    assert refused == bad
    assert all(isinstance(outcome, Done | Refusal) for outcome in outcomes)
    assert set(api.stored) == set(ids) - bad
    floor = math.ceil(count / 100)
    assert api.calls <= floor + len(bad) * 2 * math.ceil(math.log2(100))
    if not bad:
        assert api.calls == floor


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Id", "Address", "User", "UserId", "UserAttributes", "Metrics", "OptOut"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
versions = st.integers() | st.datetimes().map(lambda moment: f"{moment.isoformat()}+23:59") | anything


@settings(max_examples=100, deadline=None)
@given(
    message=st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from(["create", "update", "change", "delete", "opt_out", "opt_in"]) | anything,
            "version": versions,
            "user": anything,
            "endpoints": st.lists(anything, max_size=3) | anything,
        },
    )
    | anything
)
def test_whatever_a_message_holds_it_is_read_or_refused(message: Any) -> None:
    try:
        read = read_message(json.dumps(message))
    except Unreadable:
        return
    assert not isinstance(read, Changes) or read.changes or read.refused
