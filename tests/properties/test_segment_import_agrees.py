"""Whatever row the pattern accepts, the engine imports: they share no code, so this holds them together."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.endpoints.apply import check_change
from engine.endpoints.change import EndpointChange
from engine.endpoints.merge import merge
from engine.endpoints.rules import check_size
from engine.imports.rows import EndpointRow, read_csv_row, read_header, read_json_row
from patterns.segment_import.reasons import RefusedFile
from patterns.segment_import.sorting import sort_rows

COLUMNS = (
    "ChannelType",
    "Address",
    "Id",
    "OptOut",
    "EffectiveDate",
    "RequestId",
    "User.UserId",
    "User.UserAttributes.Name",
    "Attributes.Plan",
    "Attributes.Plan",
    "Metrics.Orders",
    "Location.Country",
    "Location.City",
    "Location.Latitude",
    "Location.Longitude",
    "Demographic.Model",
)
CHANNELS = st.sampled_from(["CUSTOM", "EMAIL", "SMS", "VOICE", "GCM", "APNS", "PUSH", "IN_APP", "custom", ""])
ADDRESSES = st.sampled_from(
    ["a@example.com", "a+b@sub.example.co", "a@b", "@", "+491761234567", "+4", "token", "ü@ü.de", " x ", ""]
)
TEXT = st.text(max_size=120) | st.sampled_from(["", "NONE", "1", "-7.5", "1e400", "2026-01-01", '"', '""'])


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


CSV_ROWS = st.builds(
    lambda channel, address, rest, quote: ",".join(
        quoted(value) if quote else value for value in (channel, address, *rest)
    ),
    CHANNELS,
    ADDRESSES,
    st.lists(TEXT, min_size=len(COLUMNS) - 3, max_size=len(COLUMNS) - 1),
    st.booleans(),
)
NAMES = st.sampled_from(["Plan", "", "n" * 51, "Interests"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
LISTS = st.lists(SCALARS, max_size=3)
JSON_ROWS = st.fixed_dictionaries(
    {"ChannelType": CHANNELS | SCALARS, "Address": ADDRESSES | SCALARS},
    optional={
        "Id": SCALARS,
        "OptOut": st.sampled_from(["ALL", "NONE", "none"]) | SCALARS,
        "EffectiveDate": SCALARS,
        "RequestId": SCALARS,
        "Attributes": st.dictionaries(NAMES, LISTS | SCALARS, max_size=3) | SCALARS,
        "Metrics": st.dictionaries(NAMES, SCALARS, max_size=3) | SCALARS,
        "Location": st.dictionaries(st.sampled_from(["City", "Latitude", "Longitude", "X"]), SCALARS),
        "Demographic": st.dictionaries(st.sampled_from(["Model", "Locale", "X"]), SCALARS),
        "User": st.dictionaries(st.sampled_from(["UserId", "UserAttributes", "X"]), SCALARS),
        "EndpointStatus": SCALARS,
    },
)


def accepted_of(content: bytes) -> bytes:
    accepted: list[bytes] = []
    try:
        sort_rows([content], lambda _: accepted.append, lambda _: None)
    except RefusedFile:
        return b""
    return b"".join(accepted)


def engine_imports(row: Any) -> None:
    assert isinstance(row, EndpointRow)
    check_change(EndpointChange(row.endpoint_id, row.request, complete_when_new=True))
    document = merge(
        None,
        row.request,
        application_id="a" * 32,
        endpoint_id=row.endpoint_id,
        moment="2026-01-01T00:00:00.000Z",
    )
    check_size(document)
    assert document["Address"]
    assert document["ChannelType"]


@settings(max_examples=400)
@given(st.lists(CSV_ROWS, min_size=1, max_size=4))
@example(["EMAIL,a@example.com" + ",x" * (len(COLUMNS) - 2)])
def test_an_accepted_csv_row_is_imported(rows: list[str]) -> None:
    content = "\n".join([",".join(COLUMNS), *rows]).encode(errors="surrogatepass")
    header, *lines = accepted_of(content).split(b"\n")[:-1] or [b""]
    for line in lines:
        engine_imports(read_csv_row(read_header(header), line, "d" * 32))


@settings(max_examples=400)
@given(st.lists(JSON_ROWS, min_size=1, max_size=4))
def test_an_accepted_json_line_is_imported(rows: list[dict[str, Any]]) -> None:
    content = b"\n".join(json.dumps(row).encode() for row in rows)
    for line in accepted_of(content).split(b"\n")[:-1]:
        engine_imports(read_json_row(line, "d" * 32))


@given(st.binary(max_size=400), st.booleans())
def test_no_file_crashes_the_check(content: bytes, with_header: bool) -> None:
    accepted_of((b"ChannelType,Address\n" if with_header else b"{}\n") + content)
