"""Rates on the embedded AWS: imports, campaigns, and an engine call over a call that does nothing."""

from bench.measure import Figure


def figures() -> list[Figure]:
    return []
