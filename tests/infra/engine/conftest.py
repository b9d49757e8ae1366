"""One engine, synthesized once: the tests of this folder only read its template."""

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from pinpoint_patterns.engine import PinpointEngine


def template_of(**options: Any) -> Template:
    app = App(context={"aws:cdk:bundling-stacks": []}, builtin_cloud_formation_validation=False)
    stack = Stack(app, "Engine")
    PinpointEngine(stack, "Engine", **options)
    return Template.from_stack(stack)


@pytest.fixture(scope="session")
def engine() -> Template:
    return template_of()
