"""The functions of `UserEndpoints` on a project, a table, a queue and a secret that keep state."""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.support.lambda_context import LambdaContext

PREFERENCES = {
    "Deals": {"values": ["Subscribed", "Unsubscribed"], "several": False, "channels": ["EMAIL"]},
    "Topics": {"values": ["news", "offers", "events"], "several": True, "channels": []},
}
_MODULES = ("wiring", "api", "public", "rotation")


class WorkerDied(Exception):
    """The function ended in the middle."""


@dataclass
class Project:
    """A Pinpoint project. `statuses` answers for an endpoint; `dies` ends the function after the call."""

    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    events: list[tuple[str, str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, str, dict[str, Any]]]
    )
    statuses: dict[str, int] = field(default_factory=dict[str, int])
    calls: int = 0
    down: bool = False

    def add(self, name: str, user_id: str, channel: str, address: str, **more: Any) -> None:
        self.endpoints[name] = {
            "Id": name,
            "Address": address,
            "ChannelType": channel,
            "OptOut": "NONE",
            "EndpointStatus": "ACTIVE",
            "User": {"UserId": user_id},
            **more,
        }

    def get_user_endpoints(self, *, ApplicationId: str, UserId: str) -> dict[str, Any]:  # noqa: N803
        if self.down:
            raise _error("ServiceUnavailable", 503)
        found = [one for one in self.endpoints.values() if one["User"]["UserId"] == UserId]
        if not found:
            raise _error("NotFoundException", 404)
        return {"EndpointsResponse": {"Item": json.loads(json.dumps(found))}}

    def put_events(self, *, ApplicationId: str, EventsRequest: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        results: dict[str, Any] = {}
        for name, item in EventsRequest["BatchItem"].items():
            status = self.statuses.get(name, 202)
            answer = {"StatusCode": status, "Message": ""}
            if status == 202:
                self._merge(name, item["Endpoint"])
                self.events += [(name, event_id, event) for event_id, event in item["Events"].items()]
            results[name] = {
                "EndpointItemResponse": answer,
                "EventsItemResponse": dict.fromkeys(item["Events"], answer),
            }
        return {"EventsResponse": {"Results": results}}

    def _merge(self, name: str, sent: Mapping[str, Any]) -> None:
        endpoint = self.endpoints[name]
        endpoint.setdefault("Attributes", {}).update(sent.get("Attributes", {}))
        endpoint["EndpointStatus"] = sent.get("EndpointStatus", "ACTIVE")
        endpoint["OptOut"] = sent.get("OptOut", endpoint["OptOut"])


def _error(code: str, status: int) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "GetUserEndpoints")


@dataclass
class World:
    """Both functions, and what they work on."""

    project: Project
    api: ModuleType
    public: ModuleType
    queue_url: str
    secret: str

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        function: str = "api",
    ) -> tuple[int, dict[str, Any]]:
        """The status and the body of an answer; `body` is sent as JSON unless it is bytes."""
        sent = body.decode() if isinstance(body, bytes) else None if body is None else json.dumps(body)
        event = {
            "httpMethod": method,
            "path": path,
            "headers": dict(headers or {}),
            "body": sent,
            "requestContext": {
                "requestId": "r-1",
                "path": f"/v1{path}",
                "apiId": "abc",
                "domainName": "api.example.com",
            },
        }
        answer = vars(self)[function].handler(event, LambdaContext())
        assert answer["headers"]["Cache-Control"] == "no-store"
        return answer["statusCode"], json.loads(answer["body"])

    def change(self, user_id: str, body: Any, key: str | None = None) -> tuple[int, dict[str, Any]]:
        headers = {"Idempotency-Key": key} if key else {}
        return self.call("PUT", f"/users/{quote(user_id, safe='')}/preferences", body, headers=headers)

    def link(self, user_id: str, **wanted: Any) -> str:
        """The token of a new link."""
        status, body = self.call("POST", f"/users/{quote(user_id, safe='')}/links", wanted)
        assert status == 201
        return str(body["token"])

    def follow(self, token: str, method: str = "GET", body: Any = None) -> tuple[int, dict[str, Any]]:
        return self.call(method, f"/links/{token}", body, function="public")

    def told(self) -> list[dict[str, Any]]:
        """The callbacks that wait in the queue, taken from it."""
        sqs, found = boto3.client("sqs"), list[dict[str, Any]]()
        while messages := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            found += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def rotate(self, version: str) -> None:
        """Give the secret a new value, and let the functions read it anew."""
        rotation = importlib.import_module("patterns.user_endpoints.rotation")
        for step in (
            "createSecret",
            "createSecret",
            "setSecret",
            "testSecret",
            "finishSecret",
            "finishSecret",
        ):
            event = {"Step": step, "SecretId": self.secret, "ClientRequestToken": version}
            rotation.handler(event, LambdaContext())
        for function in (self.api, self.public):
            vars(function)["_KEYS"]._read_at = float("-inf")


@contextmanager
def user_endpoints(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The functions as a cold start would load them."""
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        secret = boto3.client("secretsmanager").create_secret(Name="links", SecretString="k" * 44)["ARN"]
        queue_url = boto3.client("sqs").create_queue(QueueName="callbacks")["QueueUrl"]
        keys = {"pk": "HASH", "sk": "RANGE"}
        boto3.client("dynamodb").create_table(
            TableName="users",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        for name, value in {
            "APPLICATION_ID": "app",
            "PREFERENCES": json.dumps(PREFERENCES),
            "TABLE": "users",
            "CALLBACKS_QUEUE_URL": queue_url,
            "LINK_SECRET_ARN": secret,
            "LINK_SECONDS": "5184000",
        }.items():
            monkeypatch.setenv(name, value)
        for name in _MODULES:
            sys.modules.pop(f"patterns.user_endpoints.{name}", None)
        api = importlib.import_module("patterns.user_endpoints.api")
        public = importlib.import_module("patterns.user_endpoints.public")
        project = Project()
        for function in (api, public):
            object.__setattr__(vars(function)["_CHANGES"].users, "pinpoint", project)
        yield World(project, api, public, queue_url, secret)
