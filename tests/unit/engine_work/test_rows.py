"""Lines of import files: what each asks for, or why it cannot be taken."""

import pytest

from engine.imports.definition import BadRow
from engine.imports.rows import (
    BadFile,
    EndpointRow,
    UsersRow,
    read_csv_row,
    read_header,
    read_json_row,
)

HEADER = ("ChannelType", "Address", "Id", "Attributes.Plan", "Attributes.Plan", "Metrics.Age", "User.UserId")


def test_a_row_becomes_an_endpoint_and_a_repeated_column_several_values() -> None:
    row = read_csv_row(HEADER, b"EMAIL,a@example.com,Ana,gold,new,42.5,user-1\r\n", "derived")
    assert row == EndpointRow(
        "Ana",
        {
            "ChannelType": "EMAIL",
            "Address": "a@example.com",
            "Attributes": {"Plan": ["gold", "new"]},
            "Metrics": {"Age": 42.5},
            "User": {"UserId": "user-1"},
        },
    )


def test_a_row_without_an_id_gets_the_derived_one() -> None:
    row = read_csv_row(("ChannelType", "Address"), b"SMS,+4915112345678", "derived")
    assert isinstance(row, EndpointRow)
    assert row.endpoint_id == "derived"


def test_quoted_values_hold_commas_and_quotes() -> None:
    row = read_csv_row(("Id", "Attributes.Name"), b'a,"Doe, ""Jo"""', "derived")
    assert row == EndpointRow("a", {"Attributes": {"Name": ['Doe, "Jo"']}})


def test_a_row_of_user_ids_alone_asks_for_all_their_endpoints() -> None:
    assert read_csv_row(("User.UserId",), b"ana ben", "derived") == UsersRow(("ana", "ben"))
    assert read_json_row(b'{"User":{"UserId":"ana ben"}}', "derived") == UsersRow(("ana ben",))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"EMAIL,+4915112345678,x,,,,", "Address must be an e-mail address for ChannelType EMAIL"),
        (b"SMS,015112345678,x,,,,", "Address must be a phone number in E.164 form for ChannelType SMS"),
        (b"EMAIL,a@example.com,x,go\tld,,,", "a value holds a tab"),
        (b'EMAIL,a@example.com,x,"gold,,,', "a stray quote"),
        (b'EMAIL,a@example.com,x,go"ld,,,', "a stray quote"),
        (b"EMAIL,a\xff@example.com,x,,,,", "the line is not UTF-8"),
        (b"EMAIL,a@example.com,x,,,many,", "Metrics.Age must be a number"),
        (b"EMAIL,a@example.com,x,,,nan,", "Metrics.Age must be a number"),
        (b"EMAIL,a@example.com,x", "the row has 3 values, the header 7 columns"),
        (b"EMAIL,,,gold,,,", "the row has no Id and lacks Address"),
        (b",,,gold,,,u", "the row has no Id and lacks Address and ChannelType"),
    ],
)
def test_a_bad_row_says_why_and_shows_none_of_its_values(line: bytes, reason: str) -> None:
    with pytest.raises(BadRow) as bad:
        read_csv_row(HEADER, line, "derived")
    assert bad.value.reason == reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "the line is not JSON"),
        (b"[1]", "the line is not a JSON object"),
        (b'{"Id":"a","Attributes":{"Plan":"gold"}}', "Attributes.Plan must be a list of texts"),
        (b'{"Id":"a","Metrics":{"Age":"1"}}', "Metrics.Age must be a number"),
        (b'{"Id":"a","Metrics":{"Age":NaN}}', "Metrics.Age must be a number"),
        (
            b'{"Id":"a","EndpointStatus":"ACTIVE"}',
            "'EndpointStatus' is not a member of an endpoint definition that can be imported",
        ),
        (b'{"Id":7}', "Id must be a text"),
        (b'{"Id":"a","User":[]}', "User must be an object"),
        (b'{"Id":"a","Location":{"Planet":"x"}}', "Location.Planet is not a member that can be imported"),
    ],
)
def test_a_bad_json_line_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(BadRow) as bad:
        read_json_row(line, "derived")
    assert bad.value.reason == reason


def test_a_header_may_begin_with_a_byte_order_mark() -> None:
    assert read_header(b"\xef\xbb\xbfId,OptOut\r\n") == ("Id", "OptOut")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\x89PNG\r\n", "the first line is not UTF-8: the file must be a CSV file in UTF-8"),
        (
            b"%PDF-1.7\n",
            "the file is not a CSV file: its first line names no column of an endpoint definition",
        ),
        (b"Id\0,Address\n", "the file is not a CSV file: its first line holds null characters"),
        (b"Id,Adress\n", "the header has an unknown column 'Adress'"),
        (b"Id,EndpointStatus\n", "the header has an unknown column 'EndpointStatus'"),
        (
            b"ChannelType,OptOut\n",
            "the header lacks a needed column: Id, or Address and ChannelType, or User.UserId",
        ),
        (
            b",".join(b"Attributes.a%d" % i for i in range(10_001)),
            "the header has 10001 columns, at most 10000 are allowed",
        ),
    ],
)
def test_a_bad_header_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(BadFile) as bad:
        read_header(line)
    assert bad.value.reason == reason
