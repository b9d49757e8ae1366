"""The engine's table in a dictionary: the same answers as `Store`, without a client below it.

moto copies the whole table for every transaction, so that a test with hundreds of endpoints takes a
minute there. `tests/unit/engine_work/test_memory_store.py` holds both stores against each other.
"""

import bisect
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.store import (
    MAX_TRANSACTION_ITEMS,
    Add,
    Delete,
    Edit,
    Expect,
    Item,
    Key,
    Put,
    Store,
    TransactionLost,
    Write,
)


@dataclass(frozen=True)
class _Row:
    doc: str
    version: int
    counters: Mapping[str, int]

    def item(self, key: Key) -> Item:
        return Item(key, json.loads(self.doc) if self.doc else {}, self.version, dict(self.counters))


class MemoryStore(Store):
    """A `Store` that holds its items itself."""

    def __init__(self) -> None:
        super().__init__(client=None, table_name="memory")
        self._partitions: dict[str, dict[str, _Row]] = {}
        self._turn = threading.RLock()

    def get(self, key: Key) -> Item | None:
        row = self._row(key)
        return None if row is None else row.item(key)

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Item]:
        found = {key: self._row(key) for key in dict.fromkeys(keys)}
        return {key: row.item(key) for key, row in found.items() if row is not None}

    def put(self, write: Put) -> None:
        try:
            self.write([write])
        except TransactionLost as lost:
            raise TransactionLost((0,), {}) from lost

    def delete(self, key: Key) -> None:
        self.write([Delete(key)])

    def add(self, key: Key, counters: Mapping[str, int]) -> Mapping[str, int]:
        with self._turn:
            row = self._row(key) or _Row("", 0, {})
            self._set(key, _added(row, counters))
            item = self.get(key)
            assert item is not None
            return {name: item.counters[name] for name in counters}

    def write(self, writes: Sequence[Write]) -> None:
        assert len(writes) <= MAX_TRANSACTION_ITEMS
        assert len({write.key for write in writes}) == len(writes), "a transaction names an item once"
        with self._turn:
            lost = tuple(i for i, write in enumerate(writes) if not self._holds(write))
            if lost:
                keys = {i: writes[i].key for i in lost}
                existing = {
                    i: row.item(key) for i, key in keys.items() if (row := self._row(key)) is not None
                }
                raise TransactionLost(lost, existing)
            for write in writes:
                self._apply(write)

    def put_all(self, writes: Iterable[Put]) -> None:
        together = list(writes)
        for start in range(0, len(together), 25):
            keys = [write.key for write in together[start : start + 25]]
            assert len(set(keys)) == len(keys), "a batch names an item once"
        with self._turn:
            for write in together:
                self._apply(replace(write, expected=None))

    def delete_all(self, keys: Iterable[Key]) -> None:
        with self._turn:
            for key in keys:
                self._apply(Delete(key))

    def query(
        self, pk: str, *, prefix: str = "", after: str | None = None, limit: int | None = None
    ) -> Iterator[Item]:
        partition = self._partitions.get(pk, {})
        names = sorted(partition)
        if after is not None:
            names = names[bisect.bisect_right(names, after) :]
        for name in [name for name in names if name.startswith(prefix)][:limit]:
            yield partition[name].item(Key(pk, name))

    def count(self, pk: str) -> int:
        return len(self._partitions.get(pk, {}))

    def _row(self, key: Key) -> _Row | None:
        return self._partitions.get(key.pk, {}).get(key.sk)

    def _set(self, key: Key, row: _Row | None) -> None:
        partition = dict(self._partitions.get(key.pk, {}))
        if row is None:
            partition.pop(key.sk, None)
        else:
            partition[key.sk] = row
        self._partitions[key.pk] = partition

    def _holds(self, write: Write) -> bool:
        row = self._row(write.key)
        match write:
            case Add():
                return row is not None
            case (
                Expect(version=expected)
                | Edit(expected=expected)
                | Put(expected=expected)
                | Delete(expected=expected)
            ):
                if expected is None:
                    return True
                if expected == 0:
                    return row is None
                return row is not None and row.version == expected

    def _apply(self, write: Write) -> None:
        row = self._row(write.key)
        match write:
            case Put():
                self._set(write.key, _Row(_json(write.doc), (write.expected or 0) + 1, dict(write.counters)))
            case Edit():
                assert row is not None
                self._set(write.key, replace(row, doc=_json(write.doc), version=write.expected + 1))
            case Delete():
                self._set(write.key, None)
            case Add():
                assert row is not None
                self._set(write.key, _added(row, write.counters))
            case Expect():
                pass


def _added(row: _Row, counters: Mapping[str, int]) -> _Row:
    assert counters, "an update names at least one counter"
    sums = {name: row.counters.get(name, 0) + count for name, count in counters.items()}
    return replace(row, counters={**row.counters, **sums})


def _json(doc: Any) -> str:
    return json.dumps(doc, separators=(",", ":"), ensure_ascii=False)
