"""What waits to become a file: one buffer for each Firehose stream and partition.

https://docs.aws.amazon.com/firehose/latest/dev/create-configure-backup.html
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Place = TypeVar("Place", bound=Hashable)


@dataclass
class Buffer:
    """Records that go into one file.

    Attributes:
        opened: When the oldest came, epoch seconds.
        due: When it counts as old.
    """

    opened: float
    due: float
    parts: list[bytes] = field(default_factory=list[bytes])
    size: int = 0

    def add(self, data: bytes) -> None:
        self.parts.append(data)
        self.size += len(data)


class Buffers(Generic[Place]):
    """All buffers, by place.

    Args:
        clock: Epoch seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._open: dict[Place, Buffer] = {}
        self._changed = threading.Condition()

    def add(self, place: Place, data: bytes, *, size: int, interval: float) -> None:
        """Put a record in its place.

        Args:
            place: A stream's partition.
            data: With its delimiter.
            size: Bytes that make the buffer full, and so due at once.
            interval: Seconds after which it is due.
        """
        now = self._clock()
        with self._changed:
            buffer = self._open.get(place)
            if buffer is None:
                buffer = self._open[place] = Buffer(opened=now, due=now + interval)
            buffer.add(data)
            if buffer.size >= size:
                buffer.due = now
            self._changed.notify()

    def take_due(self) -> list[tuple[Place, Buffer]]:
        """The buffers that are due, which are empty from then on."""
        now = self._clock()
        with self._changed:
            due = [(place, buffer) for place, buffer in self._open.items() if buffer.due <= now]
            for place, _ in due:
                del self._open[place]
        return due

    def put_back(self, place: Place, buffer: Buffer, *, after: float) -> None:
        """What could not be written is due again after some seconds, before what came since."""
        with self._changed:
            newer = self._open.get(place)
            for data in newer.parts if newer else ():
                buffer.add(data)
            buffer.due = self._clock() + after
            self._open[place] = buffer
            self._changed.notify()

    def wait(self) -> None:
        """Return when something is due, or may be."""
        with self._changed:
            due = min((buffer.due for buffer in self._open.values()), default=None)
            self._changed.wait(None if due is None else max(0.0, due - self._clock()))

    def __len__(self) -> int:
        return len(self._open)
