"""Items as they were read, with the changes of one unit of work laid over them."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.store import Delete, Document, Key, Put, Store, Write


@dataclass(frozen=True)
class _Read:
    doc: Document | None
    version: int


class WorkingSet:
    """A view of the table in which changes show before they are written.

    Documents taken from it must not be changed in place: put a new one.

    Args:
        store: The table.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[Key, _Read] = {}
        self._pending: dict[Key, Document | None] = {}

    def load(self, keys: Iterable[Key]) -> None:
        """Read together what was not read yet, missing items included."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._read]
        if not wanted:
            return
        found = self._store.get_many(wanted)
        for key in wanted:
            item = found.get(key)
            self._read[key] = _Read(item.doc, item.version) if item is not None else _Read(None, 0)

    def get(self, key: Key) -> Document | None:
        """The document as it now is in this view, None if there is none."""
        if key in self._pending:
            return self._pending[key]
        self.load([key])
        return self._read[key].doc

    def put(self, key: Key, document: Document | None) -> None:
        """Change a document in this view; None removes it."""
        self.load([key])
        self._pending[key] = document

    def savepoint(self) -> dict[Key, Document | None]:
        """What is pending now, to come back to."""
        return dict(self._pending)

    def roll_back(self, savepoint: dict[Key, Document | None]) -> None:
        """Undo what was put since."""
        self._pending = savepoint

    def writes(self) -> list[Write]:
        """What a transaction must write, each on condition that nobody else wrote it meanwhile."""
        writes: list[Write] = []
        for key, document in self._pending.items():
            read = self._read[key]
            if document is None:
                if read.doc is not None:
                    writes.append(Delete(key, expected=read.version))
            elif document != read.doc:
                writes.append(Put(key, document, expected=read.version))
        return writes

    def settle(self) -> None:
        """The transaction went through: what was pending is now what the table holds."""
        for write in self.writes():
            if isinstance(write, Put):
                self._read[write.key] = _Read(write.doc, (write.expected or 0) + 1)
            else:
                self._read[write.key] = _Read(None, 0)
        self._pending = {}

    def forget(self) -> None:
        """The transaction was lost: read everything again."""
        self._read = {}
        self._pending = {}
