"""The API function itself, as Lambda would call it."""

import json

import pytest

from engine.api.handler import handler
from tests.support.engine_world import ACCOUNT, REGION, TABLE, World
from tests.support.lambda_context import LambdaContext
from tests.support.payloads import payload


def test_the_function_answers_a_proxy_event_with_what_its_environment_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLE_NAME", TABLE)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("IMPORTS_QUEUE_URL", world.urls["imports"])
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:pinpoint-engine-api"
    event = payload("api_gateway/create_app")

    result = handler(event, LambdaContext(invoked_function_arn=arn))

    assert result["statusCode"] == 201
    assert result["headers"]["x-amzn-RequestId"] == event["requestContext"]["requestId"]
    application = json.loads(result["body"])
    assert application["Arn"] == f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{application['Id']}"
    listed = handler({"httpMethod": "GET", "path": "/v1/apps"}, LambdaContext(invoked_function_arn=arn))
    assert json.loads(listed["body"])["Item"] == [application]
