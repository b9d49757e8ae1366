"""What a jq program makes of a record."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.firehose.partitions import Unpartitioned, keys_of

QUERY = '{kind: (.kind), day: (.at / 1000 | strftime("%Y-%m-%d"))}'


def test_keys_are_taken_out_in_the_order_of_the_program() -> None:
    assert keys_of(QUERY, b'{"at": 1764000001234, "kind": "a"}') == (("kind", "a"), ("day", "2025-11-24"))


def test_a_number_and_a_truth_are_written_as_json_writes_them() -> None:
    assert keys_of("{n: .n, is: .is}", b'{"n": 7, "is": true}') == (("n", "7"), ("is", "true"))


@pytest.mark.parametrize(
    ("query", "record", "reason"),
    [
        (QUERY, b"\xff", "not JSON"),
        (QUERY, b'"text"', "not a JSON object"),
        (QUERY, b'{"kind": "a"}', "the query fails"),
        (QUERY, b'{"at": 1}', "partition key kind has no value"),
        (QUERY, b'{"at": 1, "kind": ""}', "partition key kind has no value"),
        (QUERY, b'{"at": 1, "kind": {"of": "a"}}', "partition key kind has no value"),
        (".kind", b'{"kind": "a"}', "the query makes no object"),
        ("empty", b"{}", "the query fails"),
    ],
)
def test_a_record_without_partition_has_a_reason(query: str, record: bytes, reason: str) -> None:
    with pytest.raises(Unpartitioned, match=reason):
        keys_of(query, record)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def outcome(record: bytes) -> list[str] | str:
    """The names of the keys, or the reason why there are none."""
    try:
        return [name for name, _ in keys_of(QUERY, record)]
    except Unpartitioned as unpartitioned:
        return str(unpartitioned)


@given(st.binary() | JSON.map(json.dumps).map(str.encode))
def test_whatever_comes_has_all_keys_or_a_reason(record: bytes) -> None:
    found = outcome(record)
    assert found == ["kind", "day"] or (isinstance(found, str) and found)


@given(st.dictionaries(st.sampled_from(["kind", "at", "x"]), JSON))
def test_no_value_of_a_record_is_in_a_reason(record: dict[str, Any]) -> None:
    marked = {name: f"secret-{value}" for name, value in record.items()}
    assert "secret" not in outcome(json.dumps(marked).encode())
