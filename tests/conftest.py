"""What all tests share."""

from collections.abc import Iterator
from functools import cache

import pytest
from botocore.loaders import create_loader


@pytest.fixture(scope="session", autouse=True)
def service_models_are_read_once() -> Iterator[None]:
    """Keep botocore's service models: moto gives each test a new session, which would read them all anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield
