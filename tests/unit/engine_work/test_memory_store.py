"""The store of the fast tests answers as the real one over moto does."""

import random
from typing import Any

from engine.store import Add, Delete, Edit, Expect, Key, Put, Store, TransactionLost, Write
from tests.support.engine_world import engine_world
from tests.support.memory_store import MemoryStore


def _outcome(store: Store, writes: list[Write]) -> Any:
    try:
        return store.write(writes)
    except TransactionLost as lost:
        return ("lost", lost.lost)


def _write(rng: random.Random, key: Key) -> Write:
    expected = rng.choice([None, 0, 1, 2])
    kinds: list[Write] = [
        Put(key, {"n": rng.randrange(9)}, expected, {"c": rng.randrange(3)}),
        Edit(key, {"n": rng.randrange(9), "ü": "x"}, expected or 1),
        Delete(key, expected),
        Add(key, {"c": rng.randrange(3), "d": 1}),
        Expect(key, expected or 0),
    ]
    return rng.choice(kinds)


def test_both_stores_answer_alike() -> None:
    rng = random.Random(7)
    keys = [Key(pk, f"{sk}") for pk in ("p", "q") for sk in ("a", "ab", "b")]
    with engine_world() as world:
        real, fast = world.context.store, MemoryStore()
        stores: tuple[Store, Store] = (real, fast)
        for _ in range(150):
            writes = [_write(rng, key) for key in rng.sample(keys, rng.randrange(1, 4))]
            one, other = (_outcome(store, writes) for store in stores)
            assert one == other
            key = rng.choice(keys)
            assert real.get(key) == fast.get(key)
        after, prefix = rng.choice(["a", None]), rng.choice(["a", ""])
        for options in ({"after": after}, {"prefix": prefix}, {"limit": 1}, {}):
            assert list(real.query("p", **options)) == list(fast.query("p", **options))
        assert real.get_many(keys) == fast.get_many(keys)
        assert real.count("q") == fast.count("q")
        puts = [Put(Key("r", str(i)), {"i": i}) for i in range(30)]
        for store in stores:
            store.put_all(puts)
            store.delete_all([Key("r", "3")])
        assert list(real.query("r")) == list(fast.query("r"))
