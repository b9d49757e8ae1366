"""Fixtures of the engine's tests."""

from tests.support.engine_fixtures import app, phones, pinpoint, world

__all__ = ["app", "phones", "pinpoint", "world"]
