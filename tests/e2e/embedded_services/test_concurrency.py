"""Calls wait for a place; none is dropped, and nested calls cannot lock each other out."""

import json
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.embedded_aws import EmbeddedAws, allow, embedded_aws, queue_arn

pytestmark = pytest.mark.e2e

HOOK = """
def handler(event, context):
    return {"seen": event["number"]}
"""
WORKER = """
import json, os, time
import boto3

client = boto3.client("lambda")
sqs = boto3.client("sqs")

def handler(event, context):
    started = time.time()
    for record in event.get("Records", [{"body": json.dumps(event)}]):
        number = json.loads(record["body"])["number"]
        answer = client.invoke(FunctionName="hook", Payload=json.dumps({"number": number}))
        seen = json.load(answer["Payload"])["seen"]
        sqs.send_message(
            QueueUrl=os.environ["TOLD"],
            MessageBody=json.dumps({"number": seen, "from": started, "to": time.time()}),
        )
"""
COUNT = 30


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Generator[EmbeddedAws]:
    """A server with two places for queued calls and two for nested ones."""
    state = tmp_path_factory.mktemp("narrow")
    with embedded_aws(Path(state), EMBEDDED_LAMBDA_QUEUED="2", EMBEDDED_LAMBDA_NESTED="2") as aws:
        role = aws.role("anything", [allow("*")])
        told = aws.queue("told")
        aws.function("hook", HOOK, role)
        aws.function("worker", WORKER, role, Environment={"Variables": {"TOLD": told}})
        yield aws


def at_most_two_at_once(spans: list[dict[str, float]]) -> bool:
    return all(sum(s["from"] <= span["from"] < s["to"] for s in spans) <= 2 for span in spans)


def test_workers_that_each_call_a_hook_all_finish_behind_a_gate_of_two(narrow: EmbeddedAws) -> None:
    work = narrow.queue("work")
    sqs = narrow.client("sqs")
    for number in range(COUNT):
        sqs.send_message(QueueUrl=work, MessageBody=json.dumps({"number": number}))
    narrow.client("lambda").create_event_source_mapping(
        EventSourceArn=queue_arn("work"),
        FunctionName="worker",
        BatchSize=1,
        ScalingConfig={"MaximumConcurrency": 10},
    )
    told = narrow.receive(narrow.queue("told"), COUNT, within=40)
    assert sorted(one["number"] for one in told) == list(range(COUNT))
    assert at_most_two_at_once(told)


def test_asynchronous_calls_wait_and_none_is_dropped(narrow: EmbeddedAws) -> None:
    client = narrow.client("lambda")
    for number in range(COUNT):
        client.invoke(
            FunctionName="worker", InvocationType="Event", Payload=json.dumps({"number": number}).encode()
        )
    told = narrow.receive(narrow.queue("told"), COUNT, within=40)
    assert sorted(one["number"] for one in told) == list(range(COUNT))
    assert at_most_two_at_once(told)


def test_a_throttled_asynchronous_call_waits_for_reserved_concurrency(narrow: EmbeddedAws) -> None:
    client = narrow.client("lambda")
    client.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=0)
    client.invoke(FunctionName="worker", InvocationType="Event", Payload=json.dumps({"number": 7}).encode())
    time.sleep(0.6)
    assert narrow.receive(narrow.queue("told"), 1, within=0.5) == []
    client.delete_function_concurrency(FunctionName="worker")
    assert [one["number"] for one in narrow.receive(narrow.queue("told"), 1)] == [7]


def test_a_throttled_batch_returns_to_its_queue(narrow: EmbeddedAws) -> None:
    role = "arn:aws:iam::000000000000:role/anything"
    told = narrow.queue("told")
    narrow.function("reserved", WORKER, role, Environment={"Variables": {"TOLD": told}})
    client = narrow.client("lambda")
    client.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=1)
    work = narrow.queue("reserved-work", VisibilityTimeout="1")
    client.create_event_source_mapping(
        EventSourceArn=queue_arn("reserved-work"), FunctionName="reserved", BatchSize=1
    )
    for number in range(6):
        narrow.client("sqs").send_message(QueueUrl=work, MessageBody=json.dumps({"number": number}))
    numbers = {one["number"] for one in narrow.receive(told, 6, within=20)}
    assert numbers == set(range(6))
