"""What arrived at a vendor: an append-only log."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from embedded.vendors.faults import Fault


@dataclass(frozen=True)
class Entry:
    """One request as the vendor saw it.

    Args:
        message_id: The sender's id of the message, or empty where it could not be trusted.
        recipient: Whom the message was for, or empty where it could not be read.
        attempt: 1 for the first request about this recipient.
        status: The HTTP status answered; 0 where the connection was cut.
        fault: The fault played.
        accepted: Whether this request made a new message.
        reason: Why it was refused, or which earlier acceptance it repeats.
    """

    message_id: str
    recipient: str
    attempt: int
    status: int
    fault: Fault = Fault.NONE
    accepted: bool = False
    reason: str = ""


@dataclass
class Journal:
    """Entries in the order of arrival, kept in memory and, where a path is given, as JSON lines."""

    path: Path | None = None
    _entries: list[Entry] = field(default_factory=list[Entry])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, entry: Entry) -> None:
        """Adds one entry; entries are never changed or removed."""
        with self._lock:
            self._entries.append(entry)
            if self.path is not None:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(entry)) + "\n")

    @property
    def entries(self) -> tuple[Entry, ...]:
        """A snapshot."""
        with self._lock:
            return tuple(self._entries)

    def count(self, holds: Callable[[Entry], bool]) -> int:
        """How many entries a condition holds for."""
        return sum(1 for entry in self.entries if holds(entry))

    @property
    def accepted(self) -> int:
        """Messages taken in."""
        return self.count(lambda entry: entry.accepted)

    @property
    def accepted_twice(self) -> int:
        """Message ids under which more than one message was taken in."""
        ids = Counter(entry.message_id for entry in self.entries if entry.accepted)
        return sum(1 for times in ids.values() if times > 1)

    @property
    def recipients_twice(self) -> int:
        """Recipients for whom more than one message was taken in, under whatever id."""
        recipients = Counter(entry.recipient for entry in self.entries if entry.accepted)
        return sum(1 for times in recipients.values() if times > 1)
