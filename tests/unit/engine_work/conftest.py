"""The engine's workers over moto, with queues in the process."""

from collections.abc import Iterator

import pytest

from tests.support.engine_works import Works, engine_works


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Iterator[Works]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with engine_works() as works:
        yield works
