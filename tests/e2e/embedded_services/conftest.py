"""One embedded AWS for this folder's tests; each test uses names of its own."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.support.embedded_aws import EmbeddedAws, allow, embedded_aws


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Generator[EmbeddedAws]:
    with embedded_aws(tmp_path_factory.mktemp("embedded-aws")) as served:
        served.role("anything", [allow("*")])
        yield served


@pytest.fixture(scope="session")
def any_role(aws: EmbeddedAws) -> str:
    """A role that may do anything, for tests that are not about IAM."""
    return "arn:aws:iam::000000000000:role/anything"


@pytest.fixture(scope="session")
def sms(aws: EmbeddedAws) -> Any:
    """A client of End User Messaging SMS that may do anything."""
    return aws.client("pinpoint-sms-voice-v2")
