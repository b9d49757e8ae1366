"""A pipe between a process and the one that started it: when the starter is gone, so is the process.

The kernel closes the starter's end however it dies, kill -9 included, so nothing has to be polled and
nothing can be forgotten. A starter that wants its process to outlive it writes `RELEASE` first.
"""

import os
import threading
from collections.abc import Callable
from typing import Final

RELEASE: Final = b"r"


def watch(descriptor: int, when_cut: Callable[[], None]) -> None:
    """Call `when_cut`, on a thread of its own, once the starter is gone without having released us.

    Args:
        descriptor: The reading end of the pipe.
    """

    def wait() -> None:
        if os.read(descriptor, 1) != RELEASE:
            when_cut()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
