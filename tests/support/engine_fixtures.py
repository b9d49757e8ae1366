"""Fixtures of the engine's tests: a world, a client of the engine in it, an application."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.engine_client import pinpoint_client
from tests.support.engine_world import World, engine_world
from tests.support.phone_service import PhoneService


@pytest.fixture
def world() -> Iterator[World]:
    with engine_world() as world:
        yield world


@pytest.fixture
def pinpoint(world: World) -> Any:
    return pinpoint_client(world.context)


@pytest.fixture
def phones(world: World) -> PhoneService:
    """The phone service that the engine sends by."""
    return world.phones


@pytest.fixture
def app(pinpoint: Any) -> str:
    """The id of a new application."""
    answer = pinpoint.create_app(CreateApplicationRequest={"Name": "a project"})
    application_id: str = answer["ApplicationResponse"]["Id"]
    return application_id
