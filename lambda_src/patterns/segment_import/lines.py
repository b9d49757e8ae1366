"""The lines of a stream, in memory that does not grow with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

# An endpoint has at most 15 KB; the longest line that can hold one is far below this.
MAX_LINE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file.

    Attributes:
        number: Counted from 1.
        content: Its bytes without the line end; its beginning only if it is `cut`.
        cut: Whether it has more than `MAX_LINE` bytes.
    """

    number: int
    content: bytes
    cut: bool = False


def lines(chunks: Iterable[bytes]) -> Iterator[Line]:
    """Every line of a stream; a last line without a line end is one too."""
    number = 0
    rest = b""
    cut = False
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for content in whole:
            number += 1
            yield Line(number, content[:MAX_LINE].removesuffix(b"\r"), cut or len(content) > MAX_LINE)
            cut = False
        if len(rest) > MAX_LINE:
            # What follows is read past, and the beginning kept for the quarantine.
            rest, cut = rest[:MAX_LINE], True
    if rest:
        yield Line(number + 1, rest.removesuffix(b"\r"), cut)
