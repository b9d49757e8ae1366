"""What the patterns' own code costs: items a second of a handler's work, in a process of its own.

The project, the queue and the bus are the doubles that the tests have. DynamoDB is moto, whose time is in the
figures and is most of them: none says how fast a pattern is on AWS. Behind a channel's batches and a hook are
a queue and a table that remember nothing, so that their figures are of our code alone. The last row of a
handler says whether an item costs the same among 10,000 as among 1,000: 1 is linear, more means that
something grows.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from bench.account import ROOT
from bench.measure import Figure

_HANDLERS: Final = (
    "message_requests",
    "events_of_users",
    "changes_of_endpoints",
    "event_stream",
    "channel_batches",
    "campaign_hook",
    "inbound_messages",
)
_FEW: Final = 1_000
_MANY: Final = 10_000
_LIMIT: Final = 1_500.0


def figures() -> list[Figure]:
    """Rows for each handler.

    Raises:
        subprocess.CalledProcessError: Items were left over, so that a figure would mean nothing.
    """
    return [row for name in _HANDLERS for row in _rows(name)]


def _rows(name: str) -> Iterator[Figure]:
    few, many = _seconds(name, _FEW), _seconds(name, _MANY)
    handler = f"handler of {name.replace('_', ' ')}"
    for items, seconds in ((_FEW, few), (_MANY, many)):
        yield Figure(f"{handler}, items a second at {items:,}", round(items / seconds, 1), f"{seconds:.1f} s")
    cost = (many / _MANY) / (few / _FEW)
    yield Figure(f"{handler}, cost of an item at {_MANY:,} over {_FEW:,}", round(cost, 2))


def _seconds(name: str, items: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.handler_seconds", name, str(items)],
        env={**os.environ, "PYTHONPATH": "lambda_src"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=_LIMIT,
    )
    return float(done.stdout.splitlines()[-1])
