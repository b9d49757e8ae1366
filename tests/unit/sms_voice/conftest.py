"""A phone service for each test."""

import pytest

from tests.support.phones import Phones


@pytest.fixture
def phones() -> Phones:
    return Phones()
