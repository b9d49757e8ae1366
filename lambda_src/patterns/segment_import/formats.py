"""The two formats of a file of endpoints: from one line to a definition, and no line knows of another."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from patterns.segment_import.lines import Line
from patterns.segment_import.reasons import BadRow, FileReason, RefusedFile, RowReason
from pinpoint_runtime.csv_line import StrayQuote, split_line
from pinpoint_runtime.endpoint_rules import (
    COORDINATES,
    DEMOGRAPHIC,
    MAX_NAMES,
    PLACES,
    TEXTS,
    EndpointReason,
    InvalidEndpoint,
)

Definition: TypeAlias = dict[str, Any]
_USER_ID: Final = "User.UserId"
_USER_ATTRIBUTES: Final = "User.UserAttributes."
_COMPRESSED: Final = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\x28\xb5\x2f\xfd")
_OTHER_ENCODINGS: Final = (b"\xff\xfe", b"\xfe\xff")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Format:
    """How a file's lines are read.

    Attributes:
        name: As CreateImportJob calls it.
        header: What the rewritten file starts with; empty for JSON.
        read: From a line's text to a definition; raises `BadRow` or `InvalidEndpoint`.
        rows: The rows in a line; there are several, or none, only where a line names users.
        users: Whether a row may name a user alone, and so stand for all endpoints of that user.
    """

    name: Literal["CSV", "JSON"]
    header: bytes
    read: Callable[[str], Definition]
    rows: Callable[[Line], Iterable[Line]]
    users: bool


def format_of(first_line: bytes, *, opt_out: bool) -> Format:
    """Tell a file's format from its first line that is not blank.

    Args:
        first_line: With or without its line end.
        opt_out: Whether a CSV file needs a column OptOut; then it cannot be one of users alone.

    Raises:
        RefusedFile: It is neither JSON lines nor a CSV file with a header that can be imported.
    """
    if first_line.startswith(_COMPRESSED):
        raise RefusedFile(FileReason.COMPRESSED, "compressed files cannot be imported: unpack it")
    if first_line.startswith(_OTHER_ENCODINGS) or b"\0" in first_line:
        raise RefusedFile(FileReason.WRONG_ENCODING, "the file must be text in UTF-8")
    try:
        text = first_line.removeprefix(_BOM).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise RefusedFile(FileReason.WRONG_ENCODING, "the first line is not UTF-8") from None
    if text.lstrip().startswith("{"):
        return Format("JSON", b"", read_json, _one_row, users=not opt_out)
    columns = _columns(text, opt_out=opt_out)
    users = columns == (_USER_ID,)
    rows = users_of if users else _one_row
    return Format("CSV", _csv_line(columns), lambda line: read_csv(columns, line), rows, users=users)


def users_of(line: Line) -> Iterable[Line]:
    """A row for each user that a line of a CSV file of users names, between spaces.

    So no row grows with what somebody puts on one line. A line that cannot be read is given as it is.
    """
    try:
        fields = split_line(line.content.decode())
    except (UnicodeDecodeError, StrayQuote):
        return (line,)
    if line.cut or any(bad in line.content for bad in (b"\t", b"\0")) or len(fields) != 1:
        return (line,)
    return [replace(line, content=_csv_line([user_id])) for user_id in fields[0].split()]


def _one_row(line: Line) -> Iterable[Line]:
    return (line,)


def names_a_user(definition: Definition) -> bool:
    """Whether this stands for all endpoints of a user, and is no endpoint itself."""
    return definition.keys() == {"User"} and definition["User"].keys() == {"UserId"}


def read_json(line: str) -> Definition:
    """The definition in a line of a JSON-lines file.

    Raises:
        BadRow: The line is no JSON object.
    """
    try:
        loaded: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRow(RowReason.NOT_JSON, "the line is not JSON") from None
    if not isinstance(loaded, dict):
        raise BadRow(RowReason.NOT_JSON, "the line is not a JSON object")
    if "\\ud" in line.lower():
        _check_surrogates(loaded)
    return loaded  # pyright: ignore[reportUnknownVariableType]


def read_csv(columns: Sequence[str], line: str) -> Definition:
    """The definition in a line of a CSV file.

    Raises:
        BadRow: The line does not fit the header.
        InvalidEndpoint: A value is no number where one is needed.
    """
    if "\t" in line:
        raise BadRow(RowReason.TAB_IN_VALUE, "a value holds a tab")
    try:
        fields = split_line(line)
    except StrayQuote as stray:
        raise BadRow(RowReason.STRAY_QUOTE, str(stray)) from None
    if len(fields) != len(columns):
        raise BadRow(RowReason.COLUMN_COUNT, f"{len(fields)} values for {len(columns)} columns")
    values: dict[str, list[str]] = {}
    for column, field in zip(columns, fields, strict=True):
        if stripped := field.strip():
            values.setdefault(column, []).append(stripped)
    definition: Definition = {}
    for column, texts in values.items():
        _place(definition, column, texts)
    return definition


def _columns(text: str, *, opt_out: bool) -> tuple[str, ...]:
    try:
        columns = tuple(column.strip() for column in split_line(text))
    except StrayQuote:
        raise RefusedFile(FileReason.NOT_A_CSV, "the first line is no CSV header: a stray quote") from None
    unknown = [column for column in columns if not _is_column(column)]
    if len(unknown) == len(columns):
        raise RefusedFile(FileReason.NOT_A_CSV, "the first line names no member of an endpoint definition")
    if unknown:
        raise RefusedFile(FileReason.UNKNOWN_COLUMN, f"the column {unknown[0][:80]!r} cannot be imported")
    if columns == (_USER_ID,) and not opt_out:
        return columns
    needed = ("ChannelType", "Address", *(("OptOut",) if opt_out else ()))
    if missing := [name for name in needed if name not in columns]:
        raise RefusedFile(FileReason.MISSING_COLUMN, f"the header lacks {' and '.join(missing)}")
    names = {column for column in columns if column.startswith(("Attributes.", "Metrics.", _USER_ATTRIBUTES))}
    if len(names) > MAX_NAMES:
        raise RefusedFile(
            FileReason.TOO_MANY_ATTRIBUTES,
            f"the header has {len(names)} attributes and metrics, a project holds {MAX_NAMES}",
        )
    return columns


def _csv_line(values: Sequence[str]) -> bytes:
    quoted = ('"' + value.replace('"', '""') + '"' if set(value) & set('",') else value for value in values)
    return ",".join(quoted).encode()


def _is_column(name: str) -> bool:
    head, _, tail = name.partition(".")
    if not tail:
        return head in TEXTS
    if head in ("Attributes", "Metrics"):
        return len(tail) <= 50
    if head == "Demographic":
        return tail in DEMOGRAPHIC
    if head == "Location":
        return tail in PLACES or tail in COORDINATES
    attribute = name.removeprefix(_USER_ATTRIBUTES)
    return name == _USER_ID or (attribute != name and 1 <= len(attribute) <= 50)


def _place(definition: Definition, column: str, texts: list[str]) -> None:
    head, _, tail = column.partition(".")
    if head == "Attributes":
        definition.setdefault(head, {})[tail] = texts
    elif column.startswith(_USER_ATTRIBUTES):
        attributes = definition.setdefault("User", {}).setdefault("UserAttributes", {})
        attributes[column.removeprefix(_USER_ATTRIBUTES)] = texts
    elif len(texts) > 1:
        raise BadRow(RowReason.SEVERAL_VALUES, f"{column} has {len(texts)} values: only attributes may")
    elif not tail:
        definition[head] = texts[0]
    else:
        number = head == "Metrics" or tail in COORDINATES
        definition.setdefault(head, {})[tail] = _number(column, texts[0]) if number else texts[0]


def _number(column: str, text: str) -> float:
    try:
        if "_" not in text:
            return float(text)
    except ValueError:
        pass
    raise InvalidEndpoint(EndpointReason.NOT_A_NUMBER, f"{column} is a number")


def _check_surrogates(loaded: Any) -> None:
    """A lone half of a character is JSON, and no text that anything could store."""
    try:
        json.dumps(loaded, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadRow(RowReason.NOT_UTF8, "a value holds half of a character") from None
