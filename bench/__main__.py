"""Run the measurements and write them to bench/results/<date>.json.

python -m bench [synth] [cold_start] [handlers] [embedded]
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import cold_start, embedded, handlers, synth
from bench.measure import Figure

PARTS: dict[str, Callable[[], list[Figure]]] = {
    "synth": synth.figures,
    "cold_start": cold_start.figures,
    "handlers": handlers.figures,
    "embedded": embedded.figures,
}


def main(wanted: list[str]) -> None:
    """Measure the wanted parts, all by default, print a table and keep the figures."""
    if unknown := set(wanted) - PARTS.keys():
        sys.exit(f"no measurement is called {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    found = [figure for name in wanted or PARTS for figure in PARTS[name]()]
    table = Table("measured", "value", "detail", title="Figures of one run")
    for figure in found:
        table.add_row(figure.name, f"{figure.value:g}", figure.detail)
    Console(width=140).print(table)
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    (results / f"{stamp}.json").write_text(json.dumps([asdict(figure) for figure in found], indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
