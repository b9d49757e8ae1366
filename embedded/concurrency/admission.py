"""Who may run a function now: two kinds of calls, each with its own gates.

Queued calls (event sources, asynchronous invocations, rules, schedules) have nobody waiting inside another
function, so they share one gate and wait for it as long as it takes.

Synchronous calls may come from inside a running function. If they drew on the queued calls' places, as many
workers as there are places, each waiting for a hook, would wait for ever. So every depth of a chain of
calls has a gate of its own: whoever holds a place at depth n waits for depth n + 1 at most, and the last of
a chain always gets through.
"""

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from embedded.concurrency.gate import Gate

# Two cores: four at once keep them busy while some of the four wait for their own AWS calls.
_DEFAULT_PLACES = 4
_SLOW_PLACES_A_PLACE = 2
# However busy the machine is, a function that takes longer than eight seconds must not hold up the others.
_MOST_CROWDING = 4.0

_admitted: ContextVar[bool] = ContextVar("embedded_lambda_admitted", default=False)


def _crowding() -> float:
    """How many times as long everything takes: a worker waits for a core, and so does the server it calls."""
    return min(_MOST_CROWDING, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))


class Admission:
    """The gates of one server.

    Args:
        queued: Places for queued calls.
        nested: Places for synchronous calls, at each depth of a chain.
        elastic: Whether slow holders make room for others (see `Gate`).
    """

    def __init__(self, queued: int, nested: int, *, elastic: bool = True) -> None:
        self._nested_size = nested
        self._growth = 1 + _SLOW_PLACES_A_PLACE if elastic else 1
        self._queued = self._new_gate(queued)
        self._nested: dict[int, Gate] = {}
        self._lock = threading.Lock()

    @property
    def queued_gate(self) -> Gate:
        """For a caller that must hold a place before it knows what to run, and may hand it to a thread."""
        return self._queued

    @contextmanager
    def queued(self) -> Generator[None]:
        """Wait for a queued call's place, and hold it."""
        with self._queued.place(), admitted():
            yield

    @contextmanager
    def synchronous(self, depth: int) -> Generator[None]:
        """Wait for a place among the synchronous calls at `depth` of a chain, and hold it."""
        with self._gate(depth).place():
            yield

    def _gate(self, depth: int) -> Gate:
        with self._lock:
            if depth not in self._nested:
                self._nested[depth] = self._new_gate(self._nested_size)
            return self._nested[depth]

    def _new_gate(self, size: int) -> Gate:
        return Gate(size, ceiling=size * self._growth, crowding=_crowding)


@contextmanager
def admitted() -> Generator[None]:
    """Mark the calls of this block as holding a place already."""
    token = _admitted.set(True)
    try:
        yield
    finally:
        _admitted.reset(token)


def holds_a_place() -> bool:
    """Whether this thread's call was admitted by `queued` or `admitted`."""
    return _admitted.get()


def from_environment() -> Admission:
    """Places from EMBEDDED_LAMBDA_QUEUED and EMBEDDED_LAMBDA_NESTED; sizes set by hand are exact."""
    queued = os.environ.get("EMBEDDED_LAMBDA_QUEUED")
    nested = os.environ.get("EMBEDDED_LAMBDA_NESTED")
    return Admission(
        int(queued or _DEFAULT_PLACES),
        int(nested or _DEFAULT_PLACES),
        elastic=queued is None and nested is None,
    )


SERVER: Final = from_environment()
"""The admission of the server that runs in this process."""
