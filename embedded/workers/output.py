"""What a function wrote into its log is waited for only where it wrote something.

ministack waits 50 milliseconds for the first line of every call. Most calls of a warm function write none.
"""

import array
import fcntl
import termios
from collections.abc import Callable
from typing import Any, Final

# From the pipe into the reader's queue: no more than a turn of its thread.
_READER_SECONDS: Final = 0.005


def quick(drain: Callable[..., str]) -> Callable[..., str]:
    """Wrap the worker's method that gathers what was written during a call."""

    def drain_quickly(worker: Any, first_line_wait: float = 0.05) -> str:
        silent = worker._proc is not None and not _unread(worker._proc.stderr)
        return drain(worker, first_line_wait=_READER_SECONDS if silent else first_line_wait)

    return drain_quickly


def _unread(pipe: Any) -> int:
    """Bytes in a pipe that nobody has read."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe.fileno(), termios.FIONREAD, count)
    return count[0]
