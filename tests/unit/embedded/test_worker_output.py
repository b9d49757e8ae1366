"""How long the end of a call waits for what the function wrote."""

import os
from types import SimpleNamespace
from typing import Any

import pytest

from embedded.workers.output import quick


@pytest.fixture
def waited() -> list[float]:
    return []


def gather(waited: list[float], worker: Any, **limits: float) -> str:
    def drain(_worker: object, *, first_line_wait: float) -> str:
        waited.append(first_line_wait)
        return "log"

    return quick(drain)(worker, **limits)


def test_a_function_that_wrote_nothing_is_hardly_waited_for(waited: list[float]) -> None:
    reading, writing = os.pipe()
    with open(reading) as pipe, open(writing, "w"):
        worker = SimpleNamespace(_proc=SimpleNamespace(stderr=pipe))
        assert gather(waited, worker) == "log"
    assert waited[0] <= 0.01


def test_what_nobody_has_read_yet_is_waited_for(waited: list[float]) -> None:
    reading, writing = os.pipe()
    with open(reading) as pipe, open(writing, "w") as end:
        print("a line", file=end, flush=True)
        assert gather(waited, SimpleNamespace(_proc=SimpleNamespace(stderr=pipe))) == "log"
    assert waited == [0.05]


def test_a_process_that_is_gone_is_waited_for_as_long_as_the_caller_says(waited: list[float]) -> None:
    assert gather(waited, SimpleNamespace(_proc=None), first_line_wait=0.1) == "log"
    assert waited == [0.1]
