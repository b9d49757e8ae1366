"""However a file is cut into ranges and chunks, each of its lines is read once, at its own place."""

import json
from collections.abc import Iterator
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from engine.imports.definition import BadRow
from engine.imports.lines import first_byte, lines_between
from engine.imports.rows import BadFile, read_csv_row, read_header, read_json_row

CONTENT = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b'"', "ü".encode()]), max_size=40).map(
    b"".join
)


def _chunks(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@given(content=CONTENT, piece=st.integers(1, 12), chunk=st.integers(1, 7))
def test_pieces_together_read_every_line_once(content: bytes, piece: int, chunk: int) -> None:
    read: list[tuple[int, bytes | None]] = []
    for start in range(0, len(content), piece):
        end = min(start + piece, len(content))
        lines = lines_between(_chunks(content[first_byte(start) :], chunk), start, end)
        read += [(line.offset, line.content) for line in lines]
    expected: list[tuple[int, bytes | None]] = []
    offset = 0
    for line in content.split(b"\n"):
        if line or offset < len(content):
            expected.append((offset, line))
        offset += len(line) + 1
    assert read == expected


@given(line=st.binary(max_size=80))
def test_no_line_crashes_a_reader(line: bytes) -> None:
    with suppress(BadRow):
        read_csv_row(("Id", "Address", "Metrics.a"), line, "derived")
    with suppress(BadRow):
        read_json_row(line, "derived")
    with suppress(BadFile):
        read_header(line)


MEMBERS = ["Id", "Address", "ChannelType", "User", "UserId", "UserAttributes", "Attributes", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Id", "Address", "ChannelType", "User", "UserId", "UserAttributes", "Attributes", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(definition=JSON)
def test_no_json_crashes_a_reader(definition: object) -> None:
    with suppress(BadRow):
        read_json_row(json.dumps(definition).encode(), "derived")
