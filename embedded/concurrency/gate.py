"""A counting gate that admits in order of arrival and never refuses."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager


class Gate:
    """Lets `size` holders in at once; the others wait in line.

    A holder that has been inside for longer than `patience` is taken to be waiting for something (a slow
    vendor, a sleep) rather than computing, and stops counting against `size`, up to `ceiling` holders in
    all. So a few slow functions bound the machine's memory, but do not hold up every other function.

    Args:
        size: Holders that may compute at once.
        ceiling: Holders in all, the slow ones included; `size` by default.
        patience: Seconds after which a holder counts as slow on a quiet machine.
        crowding: How many times as long everything takes at the moment. Where there is more to compute than
            cores can, all holders are late, and making room for more would only make them later.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        size: int,
        *,
        ceiling: int | None = None,
        patience: float = 2.0,
        crowding: Callable[[], float] = lambda: 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        self._size = size
        self._ceiling = max(size, ceiling or size)
        self._patience = patience
        self._crowding = crowding
        self._clock = clock
        self._turns = itertools.count()
        self._line: deque[int] = deque()
        self._since: dict[int, float] = {}
        self._changed = threading.Condition()

    def acquire(self) -> int:
        """Wait for a place; returns the ticket to give to `release`."""
        with self._changed:
            turn = next(self._turns)
            self._line.append(turn)
            while not (self._line[0] == turn and self._has_room()):
                self._changed.wait(self._seconds_until_one_is_slow())
            self._line.popleft()
            self._since[turn] = self._clock()
            self._changed.notify_all()
            return turn

    def release(self, ticket: int) -> None:
        """Give the place back."""
        with self._changed:
            del self._since[ticket]
            self._changed.notify_all()

    @contextmanager
    def place(self) -> Generator[None]:
        """Hold a place for the length of a `with` block."""
        ticket = self.acquire()
        try:
            yield
        finally:
            self.release(ticket)

    def _has_room(self) -> bool:
        if len(self._since) >= self._ceiling:
            return False
        slow_before = self._slow_before()
        return sum(since > slow_before for since in self._since.values()) < self._size

    def _seconds_until_one_is_slow(self) -> float | None:
        if len(self._since) >= self._ceiling:
            return None
        slow_before = self._slow_before()
        quick = [since - slow_before for since in self._since.values() if since > slow_before]
        # Not longer than on a quiet machine, since it may become one.
        return min([*quick, self._patience]) if quick else None

    def _slow_before(self) -> float:
        return self._clock() - self._patience * max(1.0, self._crowding())
