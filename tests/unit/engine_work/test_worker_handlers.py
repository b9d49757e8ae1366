"""The edge of every queue worker: one world for a warm function, and only the failures reported."""

import json
from importlib import import_module
from typing import Any

import pytest

from engine import worker
from engine.context import Context
from engine.worker import GivenUp, Message, handler_of
from tests.support.engine_works import Works
from tests.support.engine_world import REGION
from tests.support.lambda_context import LambdaContext


def _event(*bodies: dict[str, Any]) -> dict[str, Any]:
    return {"Records": [{"messageId": body["Name"], "body": json.dumps(body)} for body in bodies]}


def test_only_what_failed_comes_again_and_the_world_is_made_once(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts: list[str] = []
    seen: list[str] = []

    def from_environment(account: str) -> Context:
        accounts.append(account)
        return works.context

    def work(context: Context, message: Message) -> None:
        assert context is works.context
        seen.append(message.body["Name"])
        if message.body["Name"] == "bad":
            raise MemoryError
        if message.body["Name"] == "hopeless":
            raise GivenUp("it says nothing")

    monkeypatch.setattr(worker, "from_environment", from_environment)
    handler = handler_of(work)
    answers = [
        handler(_event({"Name": "good"}, {"Name": "bad"}, {"Name": "hopeless"}), LambdaContext()),
        handler(_event({"Name": "good"}), LambdaContext()),
    ]

    assert [answer["batchItemFailures"] for answer in answers] == [[{"itemIdentifier": "bad"}], []]
    assert seen == ["good", "bad", "hopeless", "good"]
    assert accounts == [LambdaContext().invoked_function_arn.split(":")[4]]
    assert works.pump.dead == [{"Reason": "it says nothing", "Message": {"Name": "hopeless"}}]


@pytest.mark.parametrize("room", ["imports", "campaigns", "deliveries", "stream", "receipts"])
def test_each_worker_has_a_handler(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "TABLE_NAME": "engine"}.items():
        monkeypatch.setenv(name, value)
    handler = import_module(f"engine.{room}.handler").handler
    event = {"Records": [{"messageId": "unreadable", "eventSource": "aws:sqs", "body": "{"}]}
    assert handler(event, LambdaContext()) == {"batchItemFailures": [{"itemIdentifier": "unreadable"}]}
