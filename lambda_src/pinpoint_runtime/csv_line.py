"""One line of a CSV file, as Pinpoint reads them: a quoted value holds no line break.

So each line is split alone, and a stray quote costs its own row only.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/audience-data-import.html
"""

import re
from typing import Final

_VALUE: Final = re.compile(r'(?:"((?:[^"]|"")*)"|([^",]*))(,|$)')


class StrayQuote(Exception):
    """A quote stands where none may.

    Attributes:
        after: How many values of the line stand before it.
    """

    def __init__(self, after: int) -> None:
        super().__init__(f"a quote stands where none may, after value {after}")
        self.after = after


def split_line(line: str) -> list[str]:
    """The values of a CSV line, given without its line end.

    Raises:
        StrayQuote: It cannot be told where a value ends.
    """
    if '"' not in line:
        return line.split(",")
    values: list[str] = []
    at = 0
    while True:
        match = _VALUE.match(line, at)
        if match is None:
            raise StrayQuote(len(values))
        quoted = match[1]
        values.append(match[2] if quoted is None else quoted.replace('""', '"'))
        at = match.end()
        if not match[3]:
            return values
