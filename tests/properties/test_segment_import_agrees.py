"""Whatever row the pattern accepts, the engine imports: they share no code, so this holds them together."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.endpoints.apply import check_change
from engine.endpoints.change import EndpointChange
from engine.endpoints.merge import merge
from engine.endpoints.rules import check_size
from engine.imports.definition import BadRow
from engine.imports.rows import EndpointRow, UsersRow, read_csv_row, read_header, read_json_row
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

ID_LETTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters='"${},\ufeff'
)
USER_IDS = st.text(max_size=30) | st.sampled_from(["ana", "o'hara", "ana maria", "${x}", "", "u" * 1001])
USER_ROWS = st.lists(USER_IDS, max_size=4).map(" ".join) | USER_IDS.map(quoted)


def as_the_engine_reads(row: str) -> tuple[str, ...]:
    """The users in the lines of a text, those that can be read."""
    found: list[str] = []
    for line in row.split("\n"):
        try:
            read = read_csv_row(("User.UserId",), line.encode(), "d" * 32)
        except (BadRow, UnicodeEncodeError):
            continue
        found += read.user_ids if isinstance(read, UsersRow) else ()
    return tuple(found)


def accepted_of(content: bytes) -> bytes:
    accepted: list[bytes] = []
    try:
        sort_rows([content], lambda _: accepted.append, lambda _: None)
    except RefusedFile:
        return b""
    return b"".join(accepted)


def engine_imports(row: Any) -> None:
    if isinstance(row, UsersRow):
        assert len(row.user_ids) == 1
        return
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


@settings(max_examples=400)
@given(st.lists(USER_ROWS, min_size=1, max_size=4))
@example(["ana ben", '"o""hara, jo"'])
def test_an_accepted_csv_row_of_users_names_one_of_those_in_the_file(rows: list[str]) -> None:
    content = "\n".join(["User.UserId", *rows]).encode(errors="surrogatepass")
    header, *lines = accepted_of(content).split(b"\n")[:-1] or [b""]
    known = {user_id for row in rows for user_id in as_the_engine_reads(row)}
    for line in lines:
        row = read_csv_row(read_header(header), line, "d" * 32)
        assert isinstance(row, UsersRow)
        (user_id,) = row.user_ids
        assert user_id in known


@settings(max_examples=400)
@given(st.lists(st.text(ID_LETTERS, min_size=1, max_size=20), min_size=1, max_size=9))
def test_every_user_of_a_file_of_users_is_asked_of_the_engine(user_ids: list[str]) -> None:
    content = b"User.UserId\n" + " ".join(user_ids).encode() + b"\n"
    header, *lines = accepted_of(content).split(b"\n")[:-1]
    rows = [read_csv_row(read_header(header), line, "d" * 32) for line in lines]
    assert rows == [UsersRow((user_id,)) for user_id in user_ids]


@settings(max_examples=400)
@given(st.lists(USER_IDS, min_size=1, max_size=4))
def test_an_accepted_json_line_of_a_user_names_that_user(user_ids: list[str]) -> None:
    written = [json.dumps({"User": {"UserId": user_id}}).encode() for user_id in user_ids]
    accepted = accepted_of(b"\n".join(written)).split(b"\n")[:-1]
    wanted = [line for line in written if line in accepted]
    assert accepted == wanted
    for line in accepted:
        user_id = json.loads(line)["User"]["UserId"]
        assert read_json_row(line, "d" * 32) == UsersRow((user_id,))


@given(st.binary(max_size=400), st.booleans())
def test_no_file_crashes_the_check(content: bytes, with_header: bool) -> None:
    accepted_of((b"ChannelType,Address\n" if with_header else b"{}\n") + content)
