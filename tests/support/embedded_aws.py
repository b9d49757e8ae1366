"""An embedded AWS of a test's own, and the few resources that nearly every test needs."""

import io
import json
import os
import socket
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from embedded.server_process import REPOSITORY

ACCOUNT = "000000000000"
REGION = "us-east-1"


class EmbeddedAws:
    """Clients of one server, and shorthand for making roles, functions, queues and streams in it."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def role(self, name: str, statements: list[dict[str, Any]], service: str = "lambda.amazonaws.com") -> str:
        """A role with one inline policy, called `policy`, trusted by a service."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))["Role"]["Arn"]
        self.set_policy(name, statements)
        return str(arn)

    def set_policy(self, role: str, statements: list[dict[str, Any]]) -> None:
        if statements:
            self.client("iam").put_role_policy(
                RoleName=role, PolicyName="policy", PolicyDocument=policy(statements)
            )

    def function(self, name: str, code: str, role: str, **settings: Any) -> str:
        """A Python function whose handler is `index.handler`."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", code)
        aws_lambda = self.client("lambda")
        created = aws_lambda.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
            **{"Timeout": 20, **settings},
        )
        aws_lambda.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
        return str(created["FunctionArn"])

    def queue(self, name: str, **attributes: str) -> str:
        """A queue's URL."""
        return str(self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def stream(self, name: str, shards: int = 1) -> str:
        """A stream's ARN, once it is active."""
        kinesis = self.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        eventually(lambda: kinesis.describe_stream_summary(StreamName=name), until=_is_active)
        return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"

    def receive(self, url: str, count: int, within: float = 15.0) -> list[dict[str, Any]]:
        """Up to `count` JSON bodies from a queue, deleted from it; fewer only when the time is up."""
        sqs = self.client("sqs")
        bodies: list[dict[str, Any]] = []
        deadline = time.monotonic() + within
        while len(bodies) < count and time.monotonic() < deadline:
            wait = min(1, int(deadline - time.monotonic()))
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
            for message in answer.get("Messages", []):
                bodies.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


def _is_active(answer: dict[str, Any]) -> bool:
    return bool(answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE")


def allow(*actions: str, on: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def eventually(look: Callable[[], Any], until: Callable[[Any], bool] = bool, within: float = 10.0) -> Any:
    """Look again until it is as wanted; returns what was seen last."""
    deadline = time.monotonic() + within
    seen = look()
    while not until(seen) and time.monotonic() < deadline:
        time.sleep(0.05)
        seen = look()
    return seen


@contextmanager
def embedded_aws(state: Path, **environment: str) -> Generator[EmbeddedAws]:
    """Serve the embedded AWS on a free port for the length of a `with` block.

    Args:
        state: The server's folder.
        environment: More variables for the server, such as the sizes of its gates.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        command = [str(REPOSITORY / ".embedded/venv/bin/python"), "-m", "embedded.serve"]
        command += ["--port", str(port), "--listener", str(listener.fileno())]
        command += ["--engine", "hosted", "--state", str(state)]
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "TMPDIR": str(state),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "AWS_DEFAULT_REGION": REGION,
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            **environment,
        }
        with (state / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(listener.fileno(),),
            )
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=30):
            yield EmbeddedAws(port)
    finally:
        process.terminate()
        process.wait(15)
