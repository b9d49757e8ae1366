"""Comparing what was expected with what was seen."""

from embedded.demo.ledger import Cell, compare

A, B, SURPRISE = Cell("File", "rows"), Cell("CDP", "callbacks"), Cell("Quarantine", "a reason nobody planned")


def test_a_cell_that_was_not_seen_counts_nothing_and_is_off() -> None:
    (comparison,) = compare({A: 3}, {})
    assert (comparison.expected, comparison.seen, comparison.agrees) == (3, 0, False)


def test_a_cell_that_nobody_expected_is_off_and_comes_last() -> None:
    comparisons = compare({A: 3, B: 0}, {SURPRISE: 1, A: 3})
    assert [c.cell for c in comparisons] == [A, B, SURPRISE]
    assert [c.agrees for c in comparisons] == [True, True, False]
