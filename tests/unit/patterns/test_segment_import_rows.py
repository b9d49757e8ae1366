"""Rows of a dropped file: what is accepted, and the reason of each that is not."""

import json
import tracemalloc
from itertools import chain, repeat
from typing import Any, TypeAlias

import pytest

from patterns.segment_import.formats import Format
from patterns.segment_import.reasons import FileReason, RefusedFile, RowReason
from patterns.segment_import.sorting import Counts, Write, sort_rows
from pinpoint_runtime.endpoint_rules import EndpointReason

Reason: TypeAlias = RowReason | EndpointReason
HEADER = (
    "ChannelType,Address,Id,OptOut,User.UserId,Attributes.Plan,Metrics.Orders,"
    "Location.Latitude,Location.Longitude"
)


class Sorted:
    """A file, sorted in memory."""

    def __init__(self, content: bytes, chunk: int = 7, *, opt_out: bool = False) -> None:
        self.accepted = b""
        self.quarantine: list[dict[str, Any]] = []
        self.format: Format | None = None
        chunks = [content[start : start + chunk] for start in range(0, len(content), chunk)]
        self.counts: Counts = sort_rows(chunks, self._open, self._quarantine, opt_out=opt_out)

    def _open(self, file_format: Format) -> Write:
        self.format = file_format
        return self._accept

    def _accept(self, content: bytes) -> None:
        self.accepted += content

    def _quarantine(self, content: bytes) -> None:
        self.quarantine.append(json.loads(content))


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def row(**wrong: str) -> str:
    values = {
        "channel": "CUSTOM",
        "address": "someone",
        "id": "e1",
        "opt_out": "NONE",
        "user": "u1",
        "plan": "basic",
        "orders": "3",
        "latitude": "47.6",
        "longitude": "-122.3",
    } | wrong
    return ",".join(values.values())


def test_a_good_row_is_written_as_it_came() -> None:
    result = Sorted(csv(row()))
    assert result.accepted == csv(row())
    assert result.quarantine == []
    assert result.counts.accepted == 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(channel=""), EndpointReason.MISSING_CHANNEL_TYPE),
        (row(channel="PIGEON"), EndpointReason.UNKNOWN_CHANNEL_TYPE),
        (row(channel="custom"), EndpointReason.UNKNOWN_CHANNEL_TYPE),
        (row(channel="PUSH"), EndpointReason.NEVER_TARGETED),
        (row(address=""), EndpointReason.MISSING_ADDRESS),
        (row(address="  "), EndpointReason.MISSING_ADDRESS),
        (row(channel="EMAIL", address="not-an-address"), EndpointReason.ADDRESS_NOT_OF_CHANNEL),
        (row(channel="EMAIL", address="+4917612345678"), EndpointReason.ADDRESS_NOT_OF_CHANNEL),
        (row(channel="SMS", address="a@example.com"), EndpointReason.ADDRESS_NOT_OF_CHANNEL),
        (row(channel="SMS", address="017612345678"), EndpointReason.ADDRESS_NOT_OF_CHANNEL),
        (row(channel="GCM", address="a@example.com"), EndpointReason.ADDRESS_NOT_OF_CHANNEL),
        (row(opt_out="MAYBE"), EndpointReason.UNKNOWN_OPT_OUT),
        (row(id="${x}"), EndpointReason.INVALID_ID),
        (row(user="a{b"), EndpointReason.INVALID_ID),
        (row(plan="p" * 101), EndpointReason.VALUE_TOO_LONG),
        (row(plan="ba\tsic"), RowReason.TAB_IN_VALUE),
        (row(plan='"basic'), RowReason.STRAY_QUOTE),
        (row(plan='ba"sic'), RowReason.STRAY_QUOTE),
        (row(orders="many"), EndpointReason.NOT_A_NUMBER),
        (row(orders="nan"), EndpointReason.NOT_A_NUMBER),
        (row(orders="1_000"), EndpointReason.NOT_A_NUMBER),
        (row(longitude=""), EndpointReason.HALF_A_COORDINATE),
        (row(latitude="91"), EndpointReason.COORDINATE_OUT_OF_RANGE),
        (row() + ",surplus", RowReason.COLUMN_COUNT),
        ("CUSTOM,someone", RowReason.COLUMN_COUNT),
        (row(plan="a\0b"), RowReason.CONTROL_CHARACTER),
    ],
)
def test_a_bad_row_is_quarantined_with_its_line_and_reason(
    bad: str, reason: RowReason | EndpointReason
) -> None:
    result = Sorted(csv(row(), bad, row()))
    (entry,) = result.quarantine
    assert (entry["line"], entry["reason"]) == (3, reason)
    assert entry["row"] == bad
    assert result.counts.accepted == 2
    assert result.counts.quarantined == {reason: 1}


def test_a_row_of_another_encoding_costs_itself_only() -> None:
    content = csv(row()) + row(plan="Zoë").encode("latin-1") + b"\n" + row().encode()
    result = Sorted(content)
    assert [(entry["line"], entry["reason"]) for entry in result.quarantine] == [(3, RowReason.NOT_UTF8)]
    assert result.counts.accepted == 2


def test_a_line_longer_than_any_endpoint_is_quarantined_by_its_beginning() -> None:
    result = Sorted(csv(row(plan="p" * 3_000_000), row()), chunk=500_000)
    (entry,) = result.quarantine
    assert entry["reason"] == RowReason.LINE_TOO_LONG
    assert len(entry["row"]) <= 16 * 1024
    assert result.counts.accepted == 1


def test_an_endpoint_over_its_size_is_quarantined() -> None:
    definition = {
        "ChannelType": "CUSTOM",
        "Address": "a",
        "Attributes": {f"name-{n}": ["v" * 100] * 50 for n in range(4)},
    }
    (entry,) = Sorted(json.dumps(definition).encode()).quarantine
    assert entry["reason"] == EndpointReason.TOO_LARGE


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    content = b"\xef\xbb\xbf" + csv(row(), row()).replace(b"\n", b"\r\n")
    result = Sorted(content)
    assert result.counts.accepted == 2
    assert result.accepted == csv(row(), row())


def test_blank_lines_are_no_rows_and_line_numbers_count_them() -> None:
    result = Sorted(csv("", row(), "", row(opt_out="X"), ""))
    assert result.counts.rows == 2
    assert result.quarantine[0]["line"] == 5


def test_repeated_columns_are_several_values_of_one_attribute() -> None:
    header = "ChannelType,Address,Attributes.Interests,Attributes.Interests"
    assert Sorted(csv("CUSTOM,a,chess,opera", header=header)).counts.accepted == 1
    header = "ChannelType,Address,OptOut,OptOut"
    (entry,) = Sorted(csv("CUSTOM,a,NONE,ALL", header=header)).quarantine
    assert entry["reason"] == RowReason.SEVERAL_VALUES


def json_row(**members: Any) -> bytes:
    return json.dumps({"ChannelType": "CUSTOM", "Address": "a"} | members).encode() + b"\n"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{not json}\n", RowReason.NOT_JSON),
        (b"[1]\n", RowReason.NOT_JSON),
        (b'"text"\n', RowReason.NOT_JSON),
        (json_row(Unknown="x"), EndpointReason.UNKNOWN_MEMBER),
        (json_row(EndpointStatus="ACTIVE"), EndpointReason.UNKNOWN_MEMBER),
        (json_row(Location={"Planet": "x"}), EndpointReason.UNKNOWN_MEMBER),
        (json_row(Address=5), EndpointReason.WRONG_TYPE),
        (json_row(Attributes={"a": "text"}), EndpointReason.WRONG_TYPE),
        (json_row(Attributes={"a": [1]}), EndpointReason.WRONG_TYPE),
        (json_row(Attributes=[]), EndpointReason.WRONG_TYPE),
        (json_row(Attributes={"": ["x"]}), EndpointReason.NAME_TOO_LONG),
        (json_row(Attributes={"n" * 51: ["x"]}), EndpointReason.NAME_TOO_LONG),
        (json_row(Attributes={"a": ["x"] * 51}), EndpointReason.TOO_MANY_VALUES),
        (json_row(Metrics={"m": "1"}), EndpointReason.NOT_A_NUMBER),
        (json_row(Metrics={"m": True}), EndpointReason.NOT_A_NUMBER),
        (json_row(Metrics={"m": 10**400}), EndpointReason.NOT_A_NUMBER),
        (json_row(User={"UserId": ""}), EndpointReason.INVALID_ID),
        (json_row(EffectiveDate="yesterday"), EndpointReason.INVALID_DATE),
        (json_row(Attributes={str(n): ["x"] for n in range(10_001)}), EndpointReason.TOO_LARGE),
        (json_row(Attributes={str(n): ["x"] for n in range(251)}), EndpointReason.TOO_MANY_ATTRIBUTES),
        (b'{"ChannelType": "CUSTOM", "Address": "\\ud800"}\n', RowReason.NOT_UTF8),
    ],
)
def test_a_bad_json_line_is_quarantined_with_its_reason(
    bad: bytes, reason: RowReason | EndpointReason
) -> None:
    result = Sorted(json_row() + bad + json_row())
    assert result.format is not None
    assert result.format.name == "JSON"
    assert [(entry["line"], entry["reason"]) for entry in result.quarantine] == [(2, reason)]
    assert result.accepted == json_row() * 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", FileReason.EMPTY),
        (b"\n \n", FileReason.EMPTY),
        (HEADER.encode() + b"\n", FileReason.EMPTY),
        (b"<html><body>sorry</body></html>", FileReason.NOT_A_CSV),
        (b"just a sentence, and another\n", FileReason.NOT_A_CSV),
        (b'"ChannelType,Address\nCUSTOM,a\n', FileReason.NOT_A_CSV),
        (b"ChannelType,Id\nCUSTOM,1\n", FileReason.MISSING_COLUMN),
        (b"Address,Id\na,1\n", FileReason.MISSING_COLUMN),
        (b"ChannelType,Address,Colour\nCUSTOM,a,red\n", FileReason.UNKNOWN_COLUMN),
        ("ChannelType,Address\nCUSTOM,a\n".encode("utf-16"), FileReason.WRONG_ENCODING),
        ("ChannelType,Address\nCUSTOM,a\n".encode("utf-16-be"), FileReason.WRONG_ENCODING),
        ("ChannelType,Address,Attributes.Grö\xdfe\n".encode("latin-1"), FileReason.WRONG_ENCODING),
        (b"\x1f\x8b\x08\x00rubbish", FileReason.COMPRESSED),
        (b"PK\x03\x04rubbish", FileReason.COMPRESSED),
        (
            csv("x", header="ChannelType,Address," + ",".join(f"Attributes.{n}" for n in range(10_001))),
            FileReason.TOO_MANY_ATTRIBUTES,
        ),
    ],
)
def test_a_file_of_which_nothing_can_be_imported_is_refused_with_the_reason(
    content: bytes, reason: FileReason
) -> None:
    with pytest.raises(RefusedFile) as refusal:
        Sorted(content)
    assert refusal.value.reason == reason
    assert refusal.value.detail


def test_a_file_of_endpoints_says_for_each_whether_it_is_opted_out() -> None:
    result = Sorted(json_row(OptOut="NONE") + json_row(), opt_out=True)
    assert result.accepted == json_row(OptOut="NONE")
    assert [(entry["line"], entry["reason"]) for entry in result.quarantine] == [
        (2, EndpointReason.MISSING_OPT_OUT)
    ]
    (entry,) = Sorted(csv(row(opt_out=""), row()), opt_out=True).quarantine
    assert (entry["line"], entry["reason"]) == (2, EndpointReason.MISSING_OPT_OUT)


def test_a_csv_of_endpoints_without_a_column_for_opting_out_is_refused() -> None:
    with pytest.raises(RefusedFile) as refusal:
        Sorted(csv("CUSTOM,a", header="ChannelType,Address"), opt_out=True)
    assert refusal.value.reason == FileReason.MISSING_COLUMN
    assert "OptOut" in refusal.value.detail


def test_the_users_that_a_line_names_between_spaces_are_a_row_each() -> None:
    result = Sorted(csv("ana  ben", "", '"o""hara, jo $x"', '""', header="User.UserId"))
    assert result.accepted == csv("ana", "ben", '"o""hara,"', "jo", header="User.UserId")
    assert [(entry["line"], entry["reason"], entry["row"]) for entry in result.quarantine] == [
        (4, EndpointReason.INVALID_ID, "$x")
    ]
    assert result.counts.rows == 5


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("ana,ben", RowReason.COLUMN_COUNT),
        ("ana\tben", RowReason.TAB_IN_VALUE),
        ("ana \0 ben", RowReason.CONTROL_CHARACTER),
        ('"ana', RowReason.STRAY_QUOTE),
        ("a" * 1001, EndpointReason.INVALID_ID),
        ("ana " * 300_000, RowReason.LINE_TOO_LONG),
    ],
)
def test_a_bad_line_of_users_is_quarantined_with_its_reason(bad: str, reason: Reason) -> None:
    result = Sorted(csv("ana", bad, "ben", header="User.UserId"), chunk=500_000)
    assert [(entry["line"], entry["reason"]) for entry in result.quarantine] == [(3, reason)]
    assert result.counts.accepted == 2


def test_a_json_line_may_name_a_user_alone() -> None:
    users = b'{"User": {"UserId": "ana maria"}}\n'
    bad = b'{"User": {"UserId": ""}}\n{"User": {"UserId": "ben", "UserAttributes": {}}}\n{"User": {}}\n'
    result = Sorted(users + bad + json_row())
    assert result.accepted == users + json_row()
    assert [entry["reason"] for entry in result.quarantine] == [
        EndpointReason.INVALID_ID,
        EndpointReason.MISSING_CHANNEL_TYPE,
        EndpointReason.MISSING_CHANNEL_TYPE,
    ]


def test_a_row_of_endpoints_that_lacks_its_address_does_not_stand_for_a_user() -> None:
    header = "ChannelType,Address,User.UserId"
    (entry,) = Sorted(csv(",,ana", "CUSTOM,a,ben", header=header)).quarantine
    assert (entry["line"], entry["reason"]) == (2, EndpointReason.MISSING_CHANNEL_TYPE)


def test_a_file_of_endpoints_cannot_name_users_alone() -> None:
    with pytest.raises(RefusedFile) as refusal:
        Sorted(csv("ana", header="User.UserId"), opt_out=True)
    assert refusal.value.reason == FileReason.MISSING_COLUMN
    (entry,) = Sorted(b'{"User": {"UserId": "ana"}}\n', opt_out=True).quarantine
    assert entry["reason"] == EndpointReason.MISSING_CHANNEL_TYPE


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(rows: int) -> int:
        chunk = (row() + "\n").encode() * 1000
        tracemalloc.start()
        counts = sort_rows(
            chain([HEADER.encode() + b"\n"], repeat(chunk, rows // 1000)), lambda _: discard, discard
        )
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert counts.accepted == rows
        return used

    assert peak(20_000) < 1.5 * peak(2_000)


def discard(content: bytes) -> None:
    """Take what is written nowhere."""


def test_no_reason_repeats_a_persons_values() -> None:
    secret = "someone.private"
    rows = [row(address=secret, opt_out=secret), row(channel="EMAIL", address=secret), row(plan=secret * 9)]
    for entry in Sorted(csv(*rows)).quarantine:
        assert secret not in entry["detail"]
