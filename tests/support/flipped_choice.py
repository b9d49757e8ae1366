"""A pytest plugin that runs each test with one of the engine's choices made the other way.

`FLIPPED_CHOICES` is a JSON object: the name of the choice by the node id of the test.
"""

import json
import os
from collections.abc import Iterator
from typing import Final

import pytest

from engine import choices

_FLIPPED: Final[dict[str, str]] = json.loads(os.environ["FLIPPED_CHOICES"])


@pytest.fixture(autouse=True)
def flipped_choice(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One choice made the other way, for as long as the test that holds it runs."""
    name = _FLIPPED[request.node.nodeid.partition("[")[0]]
    monkeypatch.setattr(choices, name, other_than(getattr(choices, name)))
    yield
    monkeypatch.undo()


def other_than(value: bool | int | str) -> bool | int | str:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value // 2
        case str():
            return f"{value}{value}"
