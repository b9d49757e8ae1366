"""Pinpoint as a service principal: whom its conditions let in, and that only the delivery role plays it."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from embedded import server_process
from embedded.server import ACCOUNT, REGION, Engine
from embedded.state import State
from tests.e2e.embedded_core.conftest import PORT

pytestmark = pytest.mark.e2e

DELIVERY_ROLE = f"pinpoint-engine-delivery-{REGION}"
CAMPAIGN = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/own/campaigns/c1"
OTHER_CAMPAIGN = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/another/campaigns/c1"
OTHER_ACCOUNT = f"arn:aws:mobiletargeting:{REGION}:111111111111:apps/own/campaigns/c1"

_CODE = """
import base64, json, boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        if "role" in event:
            boto3.client("sts").assume_role(
                RoleArn=event["role"], RoleSessionName="test", ExternalId=event["source"])
        elif "function" in event:
            source = json.dumps({"custom": {"source_arn": event["source"]}}).encode()
            boto3.client("lambda").invoke(
                FunctionName=event["function"], ClientContext=base64.b64encode(source).decode())
        return "allowed"
    except ClientError as error:
        return error.response["Error"]["Code"]
"""


class Account:
    """A server without stacks, with the roles and functions that the tests speak of."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        for name in (DELIVERY_ROLE, "impostor"):
            self._role(name, {"Service": "lambda.amazonaws.com"}, {})
        conditions = {
            "ArnLike": {"aws:SourceArn": f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/own*"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        }
        self._role("customer", {"Service": "pinpoint.amazonaws.com"}, conditions)
        for name, role in (("deliveries", DELIVERY_ROLE), ("impostor", "impostor"), ("hook", "impostor")):
            self._function(name, role)
        self.client("lambda").add_permission(
            FunctionName="hook",
            StatementId="pinpoint",
            Action="lambda:InvokeFunction",
            Principal=f"pinpoint.{REGION}.amazonaws.com",
            SourceArn=f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/own/campaigns/*",
            SourceAccount=ACCOUNT,
        )

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def ask(self, asking: str, **event: str) -> str:
        answer = self.client("lambda").invoke(FunctionName=asking, Payload=json.dumps(event))
        outcome: str = json.load(answer["Payload"])
        return outcome

    def _role(self, name: str, principal: dict[str, str], conditions: dict[str, Any]) -> None:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        if conditions:
            statement["Condition"] = conditions
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)

    def _function(self, name: str, role: str) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as code:
            code.writestr("index.py", _CODE)
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
            Timeout=30,
        )


@pytest.fixture(scope="module", params=["pinpoint", "hosted"])
def engine(request: pytest.FixtureRequest) -> Engine:
    played: Engine = request.param
    return played


@pytest.fixture(scope="module")
def account(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    state = State(tmp_path_factory.mktemp(engine))
    started = server_process.start(state, port=PORT + 30, engine=engine)
    try:
        yield Account(started.server.endpoint)
    finally:
        server_process.end(started, state)


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"role": f"arn:aws:iam::{ACCOUNT}:role/customer"}, "AccessDenied"),
        ({"function": "hook"}, "AccessDeniedException"),
    ],
)
@pytest.mark.parametrize("source", [CAMPAIGN, OTHER_CAMPAIGN, OTHER_ACCOUNT])
def test_only_the_source_in_the_conditions_is_let_in(
    account: Account, engine: Engine, asked: dict[str, str], refused: str, source: str
) -> None:
    allowed = engine == "pinpoint" and source == CAMPAIGN
    assert account.ask("deliveries", source=source, **asked) == ("allowed" if allowed else refused)


def test_another_role_does_not_speak_for_pinpoint(account: Account) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/customer"
    assert account.ask("impostor", role=role, source=CAMPAIGN) == "AccessDenied"
    assert account.ask("impostor", function="hook", source=CAMPAIGN) == "AccessDeniedException"
