"""Fixtures of the engine's tests."""

from tests.support.engine_fixtures import app, pinpoint, world

__all__ = ["app", "pinpoint", "world"]
