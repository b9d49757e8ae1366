"""A load's outcome as a table, and as a file."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.table import Table

from bench.load.run import Outcome

RESULTS: Final = Path(__file__).parents[1] / "results"


def calls_table(outcome: Outcome) -> Table:
    """The API calls beside what they may be."""
    drawn = Table("API calls", title="Calls of the API", title_justify="left")
    for heading in ("made", "throttled", "floor", "at most", "made / floor"):
        drawn.add_column(heading, justify="right")
    drawn.add_column("")
    for one in outcome.calls:
        figures = (f"{one.made:,}", f"{one.throttled:,}", f"{one.floor:,}", f"{one.most:,}", f"{one.ratio:g}")
        drawn.add_row(
            one.api, *figures, "ok" if one.agrees else "OFF", style="" if one.agrees else "bold red"
        )
    return drawn


def write(outcome: Outcome, pattern: str, folder: Path = RESULTS) -> Path:
    """Keep the figures; gives the file."""
    folder.mkdir(exist_ok=True)
    document = {
        "pattern": pattern,
        "load": asdict(outcome.load),
        "seconds": round(outcome.seconds, 1),
        "items_a_second": round(outcome.load.items / outcome.seconds, 1),
        "cells": [
            {"cell": str(one.cell), "expected": one.expected, "seen": one.seen}
            for one in outcome.section.comparisons
        ],
        "calls": [{**asdict(one), "most": one.most, "ratio": one.ratio} for one in outcome.calls],
        "wrong": outcome.wrong,
    }
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    file = folder / f"load-{pattern}-{stamp}.json"
    file.write_text(json.dumps(document, indent=2))
    return file
