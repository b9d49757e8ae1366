"""A CloudFormation that asks the provider, in process."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.provider.event import read_event
from engine.provider.serve import serve
from tests.support.engine_fixtures import pinpoint, world
from tests.support.engine_world import World

__all__ = ["app", "cloudformation", "pinpoint", "world"]


@dataclass
class CloudFormation:
    """Asks as CloudFormation does, scalars as strings, and keeps what it was answered last."""

    world: World
    last: dict[str, Any] = field(default_factory=dict)

    def ask(
        self,
        request_type: str,
        kind: str,
        properties: dict[str, Any],
        *,
        old: dict[str, Any] | None = None,
        physical_id: str = "",
        logical_id: str = "Resource",
        request_id: str = "",
        prefix: str = "Custom::Pinpoint",
    ) -> dict[str, Any]:
        event = {
            "RequestType": request_type,
            "ResourceType": prefix + kind,
            "RequestId": request_id or uuid.uuid4().hex,
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/Shop/1",
            "LogicalResourceId": logical_id,
            "ResourceProperties": {"ServiceToken": "arn", **_strings(properties)},
        }
        if physical_id:
            event["PhysicalResourceId"] = physical_id
        if old is not None:
            event["OldResourceProperties"] = {"ServiceToken": "arn", **_strings(old)}
        request = read_event(event)
        self.last = serve(self.world.context, request).body(request)
        return self.last

    def make(self, kind: str, properties: dict[str, Any], **options: Any) -> dict[str, Any]:
        answer = self.ask("Create", kind, properties, **options)
        assert answer["Status"] == "SUCCESS", answer["Reason"]
        return answer


def _strings(value: Any) -> Any:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case dict():
            return {name: _strings(each) for name, each in value.items()}
        case list():
            return [_strings(each) for each in value]
    return value


@pytest.fixture
def cloudformation(world: World) -> CloudFormation:
    return CloudFormation(world)


@pytest.fixture
def app(cloudformation: CloudFormation) -> str:
    answer: str = cloudformation.make("App", {"Name": "a project"}, logical_id="App")["PhysicalResourceId"]
    return answer
