"""One engine, synthesized once: the tests of this folder only read its template."""

import pytest
from aws_cdk.assertions import Template

from tests.support.templates import engine_template


@pytest.fixture(scope="session")
def engine() -> Template:
    return engine_template()
