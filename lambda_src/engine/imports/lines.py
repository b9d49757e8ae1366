"""The lines that belong to a range of bytes, from a stream and in little memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

# An endpoint has at most 15 KB; the longest line that can hold one is far below this.
MAX_LINE: Final = 1024 * 1024


@dataclass(frozen=True)
class Line:
    """A line of a file.

    Attributes:
        number: Counted from 1 at the first line of the range.
        offset: Its first byte's place in the file.
        content: Its bytes without the line end; None if there are more than `MAX_LINE`.
    """

    number: int
    offset: int
    content: bytes | None


def first_byte(start: int) -> int:
    """Where to read from: the byte before the range tells whether the range starts a line."""
    return max(0, start - 1)


def lines_between(chunks: Iterable[bytes], start: int, end: int) -> Iterator[Line]:
    """The lines that start in `[start, end)`, whole, even where they end beyond it.

    Args:
        chunks: The file's bytes from `first_byte(start)` on.
        start: First byte of the range.
        end: First byte beyond it.
    """
    offset = first_byte(start)
    number = 0
    mine = start == 0
    for length, content in _split(chunks):
        if mine:
            if offset >= end:
                return
            number += 1
            yield Line(number, offset, content)
        mine = True
        offset += length


def _split(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Each line's length with its line end, and its bytes without."""
    rest = b""
    dropped = 0
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for content in whole:
            overlong = dropped or len(content) > MAX_LINE
            yield dropped + len(content) + 1, None if overlong else content
            dropped = 0
        if dropped or len(rest) > MAX_LINE:
            dropped += len(rest)
            rest = b""
    if rest or dropped:
        yield dropped + len(rest), None if dropped or len(rest) > MAX_LINE else rest
