"""An embedded AWS with the engine in it, for one measurement, and what a customer has beside it."""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3

ROOT: Final = Path(__file__).resolve().parents[1]
ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
DELIVERY_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/pinpoint-engine-delivery-{REGION}"


@dataclass(frozen=True)
class Account:
    """Clients of one embedded AWS.

    Attributes:
        endpoint: Its address on 127.0.0.1.
        server: Process id of the server.
    """

    endpoint: str
    server: int

    def client(self, service: str, **settings: Any) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            endpoint_url=settings.pop("endpoint_url", self.endpoint),
            **settings,
        )

    def engine_api(self) -> str:
        """The id of the engine's REST API."""
        answer = self.client("ssm").get_parameter(Name="/pinpoint-engine/api-id")
        return str(answer["Parameter"]["Value"])

    def pinpoint(self, api: str, stage: str = "engine") -> Any:
        """A Pinpoint client on a REST API of this account, signed for `execute-api`."""
        client = self.client("pinpoint", endpoint_url=f"{self.endpoint}/_aws/execute-api/{api}/{stage}")
        client.meta.events.register("before-call.pinpoint", _sign_for_the_api)
        return client

    def function(self, name: str, source: str, environment: dict[str, str] | None = None) -> str:
        """A Python function with a role that may do anything but call Pinpoint; gives its ARN."""
        role = self.role(f"{name}-role", {"Service": "lambda.amazonaws.com"}, {})
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as content:
            content.writestr("index.py", source)
        created = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
            Timeout=15,
            Environment={"Variables": environment or {}},
        )
        return str(created["FunctionArn"])

    def role(self, name: str, principal: dict[str, str], condition: dict[str, Any]) -> str:
        """A role that the principal may assume, tagged as one that the engine's delivery role may."""
        iam = self.client("iam")
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        if condition:
            statement["Condition"] = condition
        created = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            Tags=[{"Key": "pinpoint-engine:hosted", "Value": "true"}],
        )
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        iam.put_role_policy(
            RoleName=name,
            PolicyName="bench",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
        )
        return str(created["Role"]["Arn"])


@contextmanager
def account(*stacks: str) -> Iterator[Account]:
    """An embedded AWS with the given stacks, ended afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        state = ["--state", folder]
        command = [sys.executable, "-m", "embedded"]
        wanted = ["--port", "4580", "--stacks", ",".join(stacks)]
        subprocess.run([*command, "up", *state, *wanted], cwd=ROOT, check=True, timeout=400, env=os.environ)
        try:
            environment = (Path(folder) / "env").read_text()
            endpoint = next(
                line.split("=", 1)[1] for line in environment.splitlines() if "AWS_ENDPOINT_URL=" in line
            )
            yield Account(endpoint, int((Path(folder) / "server.pid").read_text().split()[0]))
        finally:
            subprocess.run([*command, "down", *state], cwd=ROOT, check=True, timeout=60)


def wait_for(condition: Any, *, seconds: float, every: float = 0.2) -> None:
    """Wait until the condition holds.

    Raises:
        TimeoutError: It did not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not done after {seconds:.0f} s")
        time.sleep(every)


def _sign_for_the_api(context: dict[str, Any], **_: object) -> None:
    context.setdefault("signing", {})["signing_name"] = "execute-api"
