"""Timing of whole commands, the median of a few runs, and how a figure is written down."""

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One line of the report: what was measured, and the value in the unit that the name says."""

    name: str
    value: float
    detail: str = ""


def seconds(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, runs: int = 3, limit: float = 300
) -> float:
    """The median wall time of a command, in seconds.

    Raises:
        subprocess.CalledProcessError: The command failed.
        subprocess.TimeoutExpired: It ran longer than `limit` seconds.
    """
    times: list[float] = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(
            command, env=dict(environment), cwd=folder, check=True, capture_output=True, timeout=limit
        )
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def ratio(name: str, measured: float, floor: float) -> Figure:
    """How many times the floor something costs."""
    return Figure(name, round(measured / floor, 2), f"{measured:.2f} s over {floor:.2f} s")
