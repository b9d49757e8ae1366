"""One `up` for all tests of this folder, through the command line that people type."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from embedded.server_process import REPOSITORY

APP = Path(__file__).parent / "app"
# Far from where the demo and the other tests begin to look: they may run beside these.
PORT = 4712


@dataclass(frozen=True)
class Running:
    """A running embedded AWS and where it keeps its state."""

    state: Path
    said: str

    @property
    def environment(self) -> dict[str, str]:
        lines = (self.state / "env").read_text().splitlines()
        return dict(line.removeprefix("export ").split("=", 1) for line in lines)

    @property
    def endpoint(self) -> str:
        return self.environment["AWS_ENDPOINT_URL"]

    @property
    def process_id(self) -> int:
        return int((self.state / "server.pid").read_text())

    def output(self, stack: str, name: str) -> str:
        value: str = json.loads((self.state / "outputs.json").read_text())[stack][name]
        return value

    def client(self, service: str) -> Any:
        environment = self.environment
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        answer = self.client("lambda").invoke(
            FunctionName=self.output("Partner", "CallerName"), Payload=json.dumps(event)
        )
        result: dict[str, Any] = json.load(answer["Payload"])
        return result


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "embedded", *arguments]


def run(*arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=timeout
    )


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    state = tmp_path_factory.mktemp("embedded-core")
    up = run("up", "--port", str(PORT), "--state", str(state), "--app", str(APP))
    try:
        assert up.returncode == 0, up.stderr
        yield Running(state=state, said=up.stderr)
    finally:
        run("down", "--state", str(state))
