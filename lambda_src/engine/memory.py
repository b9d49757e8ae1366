"""What a warm function keeps between messages: sessions, settings, answers that hold for a while."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_T = TypeVar("_T")


class Memory:
    """Values by key, each forgotten after a time of its own.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def recall(self, key: Hashable, seconds: float, make: Callable[[], _T]) -> _T:
        """The value kept under `key`, or a new one by `make`, which is then kept for `seconds`.

        Two threads that miss at the same moment may both make one; a `make` that raises keeps nothing.
        """
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] > self._clock():
            value: _T = kept[1]
            return value
        value = make()
        with self._lock:
            self._kept[key] = (self._clock() + seconds, value)
        return value

    def forget(self, key: Hashable) -> None:
        with self._lock:
            self._kept.pop(key, None)
