"""The https front of a custom channel: who knows the path gets in, and nobody else learns anything."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from patterns.custom_channel.message import message_from_json
from patterns.custom_channel.path_secret import PathSecret, PathSecretUnavailable
from tests.support.lambda_context import LambdaContext
from tests.support.payloads import payload

FIRST, SECOND, THIRD = "first0secret", "second0secret", "third0secret"


@dataclass
class Front:
    """The function with its queue and its secret."""

    module: ModuleType
    sqs: Any
    secrets: Any
    queue_url: str
    secret_id: str

    def ask(self, method: str, end: str, body: object = None) -> dict[str, Any]:
        text = body if isinstance(body, str) else json.dumps(body)
        event = {"httpMethod": method, "path": f"/{end}", "body": text if method == "POST" else None}
        answer: dict[str, Any] = self.module.handler(event, LambdaContext())
        return answer

    def queued(self) -> list[str]:
        messages: list[str] = []
        while got := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            messages += [message["Body"] for message in got]
        return messages

    def rotate(self, value: str) -> None:
        self.secrets.put_secret_value(SecretId=self.secret_id, SecretString=value)


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        sqs, secrets = boto3.client("sqs"), boto3.client("secretsmanager")
        queue_url = sqs.create_queue(QueueName="messages")["QueueUrl"]
        secret_id = secrets.create_secret(Name="path", SecretString=FIRST)["ARN"]
        monkeypatch.setenv("QUEUE_URL", queue_url)
        monkeypatch.setenv("PATH_SECRET_ARN", secret_id)
        from patterns.custom_channel import webhook_handler

        yield Front(importlib.reload(webhook_handler), sqs, secrets, queue_url, secret_id)


def test_head_answers_with_the_account_and_queues_nothing(front: Front) -> None:
    answer = front.ask("HEAD", FIRST)
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert answer["headers"]["X-Amz-Pinpoint-AccountId"] == "123456789012"
    assert front.queued() == []


def test_post_queues_a_message_for_each_endpoint_as_the_function_does(front: Front) -> None:
    event = payload("custom_channel/campaign")
    answer = front.ask("POST", FIRST, event)
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"accepted": 2})
    messages = [message_from_json(body) for body in front.queued()]
    assert {message.endpoint_id for message in messages} == set(event["Endpoints"])
    assert {message.data for message in messages} == {event["Data"]}


@pytest.mark.parametrize("method", ["HEAD", "POST", "GET", "PUT"])
@pytest.mark.parametrize("end", ["", "wrong", FIRST[:-1], FIRST + "0", FIRST.upper(), "first\ud800", "ü"])
def test_who_does_not_know_the_path_learns_nothing(front: Front, method: str, end: str) -> None:
    answer = front.ask(method, end, payload("custom_channel/campaign"))
    assert (answer["statusCode"], answer["body"]) == (404, '{"message":"Not Found"}')
    assert "X-Amz-Pinpoint-AccountId" not in answer["headers"]
    assert front.queued() == []


def test_other_methods_on_the_right_path_are_not_found(front: Front) -> None:
    assert front.ask("GET", FIRST)["statusCode"] == 404


@pytest.mark.parametrize(
    "body",
    ["", "rubbish", "[" * 100_000, "[]", "null", "{}", '{"Endpoints": {}}', '{"Endpoints": {"e": {}}}'],
)
def test_a_body_that_is_no_batch_is_refused(front: Front, body: str) -> None:
    assert front.ask("POST", FIRST, body)["statusCode"] == 400
    assert front.queued() == []


def test_an_endpoint_that_is_no_object_is_marked_and_the_others_go_on(front: Front) -> None:
    event = payload("custom_channel/campaign") | {"Endpoints": {"odd": 7, "good": {}}}
    assert front.ask("POST", FIRST, event)["statusCode"] == 200
    defects = {one.endpoint_id: one.defect for one in map(message_from_json, front.queued())}
    assert defects == {"odd": "endpoint_is_not_an_object", "good": ""}


def test_what_the_queue_does_not_take_is_asked_for_again(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def send_message_batch(self, **request: Any) -> dict[str, Any]:
            return {"Failed": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    monkeypatch.setattr(front.module, "_SQS", Refusing())
    assert front.ask("POST", FIRST, payload("custom_channel/campaign"))["statusCode"] == 503


def test_a_secret_that_cannot_be_read_asks_for_patience(front: Front) -> None:
    front.secrets.delete_secret(SecretId=front.secret_id, ForceDeleteWithoutRecovery=True)
    assert front.ask("HEAD", FIRST)["statusCode"] == 503


@given(st.text())
def test_no_text_but_a_value_is_admitted(text: str) -> None:
    class Secrets:
        def get_secret_value(self, **request: Any) -> dict[str, str]:
            return {"SecretString": {"AWSCURRENT": SECOND, "AWSPREVIOUS": FIRST}[request["VersionStage"]]}

    assert PathSecret(Secrets(), "id").admits(text) is (text in (FIRST, SECOND))


class Stages:
    """Secrets Manager with stages that change, and that may be away."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.reads = 0
        self.down = False

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, str]:  # noqa: N803
        self.reads += 1
        if self.down:
            raise ClientError({"Error": {"Code": "InternalServiceError"}}, SecretId)
        if VersionStage not in self.values:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, SecretId)
        return {"SecretString": self.values[VersionStage]}


def test_a_rotation_is_seen_at_once_keeps_the_previous_and_drops_the_one_before(front: Front) -> None:
    now = [0.0]
    secret = PathSecret(front.secrets, front.secret_id, monotonic=lambda: now[0])
    assert secret.admits(FIRST)
    front.rotate(SECOND)
    now[0] += 31
    assert secret.admits(SECOND)
    assert secret.admits(FIRST)
    front.rotate(THIRD)
    now[0] += 31
    assert secret.admits(THIRD)
    assert [secret.admits(text) for text in (SECOND, FIRST)] == [True, False]


def test_guesses_do_not_make_it_ask_each_time() -> None:
    stages, now = Stages(AWSCURRENT=FIRST), [0.0]
    secret = PathSecret(stages, "id", monotonic=lambda: now[0])
    assert not any(secret.admits(f"guess {number}") for number in range(1000))
    assert stages.reads == 2
    now[0] += 31
    assert not any(secret.admits(f"guess {number}") for number in range(1000))
    assert stages.reads == 4


def test_the_last_good_values_hold_while_secrets_manager_is_away() -> None:
    stages, now = Stages(AWSCURRENT=FIRST), [0.0]
    secret = PathSecret(stages, "id", monotonic=lambda: now[0])
    assert secret.admits(FIRST)
    stages.down, now[0] = True, 1000.0
    assert secret.admits(FIRST)
    assert not secret.admits(SECOND)


def test_without_any_value_nobody_is_let_in() -> None:
    stages = Stages(AWSCURRENT=FIRST)
    stages.down = True
    with pytest.raises(PathSecretUnavailable):
        PathSecret(stages, "id").admits(FIRST)
    assert not PathSecret(Stages(AWSCURRENT=""), "id").admits("")
