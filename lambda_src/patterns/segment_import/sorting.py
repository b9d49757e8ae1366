"""One pass over a file: good rows to one side, bad ones with line number and reason to the other."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, TypeAlias

from patterns.segment_import.formats import Format, format_of, names_a_user
from patterns.segment_import.lines import Line, lines
from patterns.segment_import.reasons import BadRow, FileReason, RefusedFile, RowReason
from pinpoint_runtime.endpoint_rules import (
    MAX_NAMES,
    EndpointReason,
    InvalidEndpoint,
    check_complete,
    check_members,
    check_size,
    names_of,
)

Write: TypeAlias = Callable[[bytes], None]
_BOM: Final = b"\xef\xbb\xbf"
_KEPT_OF_A_ROW: Final = 16 * 1024
# A line this short cannot come near an endpoint's largest size, however its columns are called.
_SURELY_SMALL: Final = 1024


@dataclass
class Counts:
    """What a file's rows came to."""

    accepted: int = 0
    quarantined: Counter[str] = field(default_factory=Counter[str])

    @property
    def rows(self) -> int:
        """All rows; a blank line is none."""
        return self.accepted + self.quarantined.total()


def sort_rows(
    chunks: Iterable[bytes],
    open_accepted: Callable[[Format], Write],
    quarantine: Write,
    *,
    opt_out: bool = False,
) -> Counts:
    """Sort the rows of a file.

    Args:
        chunks: The file.
        open_accepted: Gives what takes the rows to import, once the format is known.
        quarantine: Takes one JSON object a bad row: `line`, `reason`, `detail`, `row`.
        opt_out: Whether each row has to be an endpoint that says OptOut. Otherwise a row may also name a
            user alone, and stands for the endpoints that this user has.

    Raises:
        RefusedFile: No row of it can be imported.
    """
    rows = (line for line in lines(chunks) if line.content.strip(b" \t" + _BOM))
    first = next(rows, None)
    if first is None:
        raise RefusedFile(FileReason.EMPTY, "the file holds no line")
    file_format = format_of(first.content, opt_out=opt_out)
    accepted = open_accepted(file_format)
    sorter = _Sorter(file_format, opt_out=opt_out)
    counts = Counts()
    if file_format.header:
        accepted(file_format.header + b"\n")
        waiting: Iterable[Line] = rows
    else:
        waiting = chain([replace(first, content=first.content.removeprefix(_BOM))], rows)
    for row in chain.from_iterable(map(file_format.rows, waiting)):
        _sort(sorter, row, accepted, quarantine, counts)
    if not counts.rows:
        raise RefusedFile(FileReason.EMPTY, "the file holds a header and no row")
    return counts


def _sort(sorter: "_Sorter", line: Line, accepted: Write, quarantine: Write, counts: Counts) -> None:
    try:
        sorter.check(line)
    except (BadRow, InvalidEndpoint) as bad:
        counts.quarantined[bad.reason] += 1
        quarantine(_quarantined(line, bad))
    else:
        counts.accepted += 1
        accepted(line.content + b"\n")


class _Sorter:
    """Checks rows one by one; all it remembers are the attribute names in use, at most 250."""

    def __init__(self, file_format: Format, *, opt_out: bool) -> None:
        self._format = file_format
        self._opt_out = opt_out
        self._names: set[str] = set()

    def check(self, line: Line) -> None:
        if line.cut:
            raise BadRow(RowReason.LINE_TOO_LONG, "the line is longer than any endpoint")
        try:
            text = line.content.decode()
        except UnicodeDecodeError:
            raise BadRow(RowReason.NOT_UTF8, "the line is not UTF-8") from None
        if "\0" in text:
            raise BadRow(RowReason.CONTROL_CHARACTER, "the line holds a null character")
        definition = self._format.read(text)
        check_members(definition)
        if not (self._format.users and names_a_user(definition)):
            check_complete(definition, opt_out=self._opt_out)
        if len(line.content) + len(self._format.header) > _SURELY_SMALL:
            check_size(definition)
        new = names_of(definition) - self._names
        if len(self._names) + len(new) > MAX_NAMES:
            raise InvalidEndpoint(
                EndpointReason.TOO_MANY_ATTRIBUTES,
                f"with this row the file has more than the {MAX_NAMES} attributes that a project holds",
            )
        self._names |= new


def _quarantined(line: Line, bad: BadRow | InvalidEndpoint) -> bytes:
    row = line.content[:_KEPT_OF_A_ROW].decode(errors="replace")
    entry = {"line": line.number, "reason": bad.reason, "detail": bad.detail, "row": row}
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"
