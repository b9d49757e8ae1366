"""An app with an engine, and a stack beside it that a test fills and then hosts."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CliCredentialsStackSynthesizer, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_pinpoint as pinpoint

from pinpoint_patterns.engine import PinpointEngine


@dataclass
class Shop:
    """A partner's stack, written for Pinpoint."""

    app: App
    stack: Stack
    engine: PinpointEngine
    assembly: Any = None
    _templates: dict[str, Any] = field(default_factory=dict)

    def project(self, name: str = "Project") -> pinpoint.CfnApp:
        return pinpoint.CfnApp(self.stack, name, name=name)

    def function(self, name: str = "Function", **options: Any) -> lambda_.Function:
        return lambda_.Function(
            self.stack,
            name,
            **{
                "runtime": lambda_.Runtime.PYTHON_3_13,
                "handler": "index.handler",
                "code": lambda_.Code.from_inline("def handler(event, context): ..."),
                **options,
            },
        )

    def host(self, *, live: bool = False) -> "Shop":
        self.engine.host(self.app, live=live)
        self.assembly = self.app.synth()
        return self

    def template(self, stack: str = "Shop") -> dict[str, Any]:
        if stack not in self._templates:
            self._templates[stack] = json.loads(
                Path(self.assembly.directory, f"{stack}.template.json").read_text()
            )
        template: dict[str, Any] = self._templates[stack]
        return template

    def of_type(self, kind: str, stack: str = "Shop") -> list[dict[str, Any]]:
        return [
            resource for resource in self.template(stack)["Resources"].values() if resource["Type"] == kind
        ]

    def one(self, kind: str, stack: str = "Shop") -> dict[str, Any]:
        (resource,) = self.of_type(kind, stack)
        return resource

    def statements(self, stack: str = "Shop") -> list[dict[str, Any]]:
        """What all policies say of the engine's API."""
        return [
            statement
            for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
            for policy in self.of_type(kind, stack)
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if "execute-api:Invoke" in json.dumps(statement["Action"])
        ]


@pytest.fixture
def shop() -> Shop:
    app = App(
        context={"aws:cdk:bundling-stacks": []},
        builtin_cloud_formation_validation=False,
        default_stack_synthesizer=CliCredentialsStackSynthesizer(),
    )
    engine = PinpointEngine(Stack(app, "Engine"), "Engine")
    return Shop(app, Stack(app, "Shop"), engine)
