"""A CSV line is split as the CSV module would, or refused where that would guess."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_runtime.csv_line import StrayQuote, split_line

TEXT = st.text(st.characters(exclude_characters="\n\r\0"), max_size=8)


@given(values=st.lists(TEXT, min_size=1, max_size=6))
def test_what_is_quoted_as_csv_says_is_read_back(values: list[str]) -> None:
    line = ",".join('"' + value.replace('"', '""') + '"' for value in values)
    assert split_line(line) == values


@given(line=st.text(st.sampled_from('",ab '), max_size=12) | TEXT)
def test_a_line_is_split_as_others_split_it_or_refused(line: str) -> None:
    try:
        values = split_line(line)
    except StrayQuote:
        assert '"' in line
        return
    assert values == (next(csv.reader([line], strict=True)) or [""])


@pytest.mark.parametrize(
    ("line", "after"),
    [('a"b', 0), ('a,"b', 1), ('a,"b"c,d', 1), ('a,b,"', 2)],
    ids=["in", "open", "tail", "last"],
)
def test_a_stray_quote_is_placed(line: str, after: int) -> None:
    with pytest.raises(StrayQuote) as refused:
        split_line(line)
    assert refused.value.after == after
