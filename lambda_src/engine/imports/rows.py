"""From one line of a file to what it asks for; no line knows of another.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/audience-data-import.html
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from engine.imports.definition import BadRow, check, from_columns, is_column
from pinpoint_runtime.csv_line import StrayQuote, split_line

MAX_COLUMNS: Final = 10_000


class BadFile(Exception):
    """The file as a whole cannot be imported."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class EndpointRow:
    """An endpoint to create or update."""

    endpoint_id: str
    request: dict[str, Any]


@dataclass(frozen=True)
class UsersRow:
    """Users, all of whose endpoints belong to the segment."""

    user_ids: tuple[str, ...]


Row: TypeAlias = EndpointRow | UsersRow


def read_header(line: bytes) -> tuple[str, ...]:
    """The columns of a CSV file, from its first line.

    Raises:
        BadFile: It is no header; the reason says what is wrong with it.
    """
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadFile("the first line is not UTF-8: the file must be a CSV file in UTF-8") from None
    if "\0" in text:
        raise BadFile("the file is not a CSV file: its first line holds null characters")
    if text.count(",") >= MAX_COLUMNS:
        raise BadFile(f"the header has {text.count(',') + 1} columns, at most {MAX_COLUMNS} are allowed")
    try:
        columns = tuple(column.strip() for column in split_line(text))
    except StrayQuote:
        raise BadFile("the header cannot be read: a stray quote") from None
    unknown = [column for column in columns if not is_column(column)]
    if len(unknown) == len(columns):
        raise BadFile("the file is not a CSV file: its first line names no column of an endpoint definition")
    if unknown:
        raise BadFile(f"the header has an unknown column {unknown[0][:80]!r}")
    if not ("Id" in columns or "User.UserId" in columns or {"Address", "ChannelType"} <= set(columns)):
        raise BadFile("the header lacks a needed column: Id, or Address and ChannelType, or User.UserId")
    return columns


def read_csv_row(columns: Sequence[str], line: bytes, derived_id: str) -> Row:
    """What a line of a CSV file asks for.

    Args:
        columns: The header.
        line: Its bytes, with or without the line end.
        derived_id: The id of an endpoint whose row names none.

    Raises:
        BadRow: The reason, without any of its values.
    """
    text = _decoded(line)
    if "\t" in text:
        raise BadRow("a value holds a tab")
    try:
        fields = split_line(text)
    except StrayQuote:
        raise BadRow("a stray quote") from None
    if len(fields) != len(columns):
        raise BadRow(f"the row has {len(fields)} values, the header {len(columns)} columns")
    values: dict[str, list[str]] = {}
    for column, field in zip(columns, fields, strict=True):
        if field := field.strip():
            values.setdefault(column, []).append(field)
    if values.keys() == {"User.UserId"}:
        return UsersRow(tuple(" ".join(values["User.UserId"]).split()))
    return _row(from_columns(values), derived_id)


def read_json_row(line: bytes, derived_id: str) -> Row:
    """What a line of a JSON-lines file asks for.

    Raises:
        BadRow: The reason, without any of its values.
    """
    try:
        loaded: Any = json.loads(_decoded(line))
    except (ValueError, RecursionError):
        raise BadRow("the line is not JSON") from None
    if not isinstance(loaded, dict):
        raise BadRow("the line is not a JSON object")
    return _row(cast("dict[str, Any]", loaded), derived_id)


def derived_id(job_id: str, key: str, etag: str, offset: int) -> str:
    """The id of an endpoint whose row names none: the same however often the row is read."""
    return hashlib.sha256(f"{job_id}\n{key}\n{etag}\n{offset}".encode()).hexdigest()[:32]


def _decoded(line: bytes) -> str:
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadRow("the line is not UTF-8") from None
    if "\0" in text:
        raise BadRow("the line holds a null character")
    return text


def _row(definition: dict[str, Any], derived_id: str) -> Row:
    check(definition)
    user_id = definition.get("User", {}).get("UserId")
    if user_id and definition.keys() == {"User"} and definition["User"].keys() == {"UserId"}:
        return UsersRow((user_id,))
    endpoint_id = definition.pop("Id", "")
    if not endpoint_id and not (definition.get("Address") and definition.get("ChannelType")):
        missing = [member for member in ("Address", "ChannelType") if not definition.get(member)]
        raise BadRow(f"the row has no Id and lacks {' and '.join(missing)}")
    return EndpointRow(endpoint_id or derived_id, definition)
