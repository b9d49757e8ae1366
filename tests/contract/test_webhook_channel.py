"""The webhook channel against a message API on a bad day: it ends balanced, whatever the API does."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from moto import mock_aws

from channels.webhook.adapter import WebhookAdapter
from embedded.vendors.faults import Fault, FaultPlan
from embedded.vendors.intake import Intake
from embedded.vendors.message_api import PATH, message_api
from embedded.vendors.server import serve
from patterns.custom_channel.batch import Sender
from patterns.custom_channel.delivery import Delivery
from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.queues import SourceQueue
from pinpoint_runtime.webhook import SigningSecret, Webhook

SECRET = "whsec_" + "a" * 44
BAD_DAY = FaultPlan(seed=7, throttled=0.2, broken=0.15, cut=0.1)
HANDLES = [f"handle-{number}" for number in range(60)] + [f"gone-{number}" for number in range(5)]


class Secrets:
    def get_secret_value(self, **request: str) -> dict[str, str]:
        return {"SecretString": SECRET}


class Project:
    """A Pinpoint client that takes every event."""

    def __init__(self) -> None:
        self.statuses: Counter[tuple[str, str]] = Counter()

    def put_events(self, **request: Any) -> dict[str, Any]:
        results = {}
        for endpoint_id, item in request["EventsRequest"]["BatchItem"].items():
            for event in item["Events"].values():
                attributes = event["Attributes"]
                self.statuses[attributes["status"], attributes.get("reason", "")] += 1
            codes = {event_id: {"StatusCode": 202} for event_id in item["Events"]}
            results[endpoint_id] = {"EventsItemResponse": codes}
        return {"EventsResponse": {"Results": results}}


@pytest.fixture
def sqs_and_ledger() -> Iterator[tuple[Any, Ledger, str]]:
    # Requests to the message API must leave the mock.
    with mock_aws():
        dynamodb: Any = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        sqs: Any = boto3.client("sqs", region_name="us-east-1")
        url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        sqs.change_message_visibility_batch = lambda **_: None
        yield sqs, Ledger(dynamodb, "ledger"), url


def run(api: Intake, sqs: Any, ledger: Ledger, dead_url: str, *, keyed: bool) -> Counter[tuple[str, str]]:
    """Send to every handle until nothing comes again."""
    project = Project()
    # One at a time: moto's tables are not atomic. What is at stake here is the API's contract.
    with serve(api.receive) as address, ThreadPoolExecutor(1) as threads:
        webhook = Webhook(
            address + PATH, SigningSecret(Secrets(), "arn"), idempotency_key=keyed, read_timeout=5.0
        )
        delivery = Delivery(WebhookAdapter(webhook, keyed), ledger, max_attempts=6, patience=3600)
        sender = Sender(
            "webhook",
            delivery,
            SourceQueue(sqs, url="queue", dead_letters_url=dead_url),
            project,
            threads,
        )
        waiting = list(HANDLES)
        for receives in range(1, 20):
            again, _ = sender.process([record(handle, receives) for handle in waiting])
            waiting = again
            if not waiting:
                break
    return project.statuses


def record(handle: str, receives: int) -> dict[str, Any]:
    message = ChannelMessage(
        key=f"msg_{handle}",
        owner="o",
        application_id="app",
        endpoint_id=handle,
        data="hello",
        accepted_at=1,
        endpoint={"Address": handle},
    )
    return {
        "messageId": handle,
        "receiptHandle": handle,
        "body": message.to_json(),
        "attributes": {"SentTimestamp": "99999999999999", "ApproximateReceiveCount": str(receives)},
    }


@pytest.mark.parametrize("keyed", [True, False])
def test_a_bad_day_ends_as_computed_before_it(sqs_and_ledger: tuple[Any, Ledger, str], keyed: bool) -> None:
    random.seed(1)
    api = message_api(BAD_DAY)
    api.secret = SECRET
    statuses = run(api, *sqs_and_ledger, keyed=keyed)

    met = [BAD_DAY.attempts(handle) for handle in HANDLES if not handle.startswith("gone-")]
    cuts = sum(attempts[-1] is Fault.CUT for attempts in met)
    assert cuts > 0, "the seed must cut somebody off"
    unknown = 0 if keyed else cuts
    by_status: Counter[str] = Counter()
    for (status, _), count in statuses.items():
        by_status[status] += count
    assert by_status == Counter({"DELIVERED": 60 - unknown, "FAILED": 5, "UNKNOWN": unknown})
    assert statuses["FAILED", "unknown_recipient"] == 5
    assert (api.journal.accepted, api.journal.accepted_twice, api.journal.recipients_twice) == (60, 0, 0)
