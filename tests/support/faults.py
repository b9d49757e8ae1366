"""Workers that die: a call to the table or a queue fails before or after it had its effect."""

import random
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from engine.context import Context
from engine.memory import Memory
from tests.support.engine_works import Works
from tests.support.memory_store import MemoryStore


class Died(Exception):
    """The worker is gone."""


class Faults:
    """Lets calls fail, before or after their effect."""

    def __init__(self, rng: random.Random, rate: float) -> None:
        self._rng = rng
        self.rate = rate

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def faulty(*arguments: Any, **options: Any) -> Any:
            if self._rng.random() < self.rate:
                raise Died
            result = call(*arguments, **options)
            if self._rng.random() < self.rate:
                raise Died
            return result

        return faulty


def faulty_context(works: Works, faults: Faults) -> Context:
    """The workers' world over the same table and queues, whose calls fail."""
    store = MemoryStore()
    store.__dict__.update(works.context.store.__dict__)
    for name in ("get", "get_many", "put", "write", "put_all"):
        setattr(store, name, faults.around(getattr(store, name)))
    queues: Any = SimpleNamespace(send=faults.around(works.pump.send))
    return replace(works.context, store=store, queues=queues, memory=Memory())
