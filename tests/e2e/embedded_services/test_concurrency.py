"""Calls wait for a place; none is dropped, and nested calls cannot lock each other out."""

import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.embedded_aws import EmbeddedAws, allow, embedded_aws, eventually, queue_arn

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
HELD = """
import json, os, time
import boto3

sqs = boto3.client("sqs")

def tell(what):
    sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps(what))

def handler(event, context):
    started = time.time()
    tell({"started": event["number"]})
    held = event["held"]
    while held and not sqs.receive_message(QueueUrl=os.environ["RELEASE"], WaitTimeSeconds=1).get("Messages"):
        pass
    tell({"number": event["number"], "from": started, "to": time.time()})
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


def test_schedules_and_rules_wait_behind_a_full_gate_and_none_is_dropped(narrow: EmbeddedAws) -> None:
    told, release = narrow.queue("held-told"), narrow.queue("held-release", VisibilityTimeout="60")
    role = "arn:aws:iam::000000000000:role/anything"
    variables = {"TOLD": told, "RELEASE": release}
    held = narrow.function("held", HELD, role, Environment={"Variables": variables}, Timeout=60)
    holders = ["holder one", "holder two"]
    for number in holders:
        narrow.client("lambda").invoke(
            FunctionName="held", InvocationType="Event", Payload=call(number, held=True)
        )
    assert sorted(one["started"] for one in narrow.receive(told, 2)) == holders

    narrow.role("scheduler", [allow("lambda:InvokeFunction")], "scheduler.amazonaws.com")
    calls = [schedule(narrow, held, f"schedule-{number}") for number in range(6)]
    calls += [rule(narrow, held, f"rule-{number}") for number in range(6)]
    narrow.client("events").put_events(Entries=[{"Source": "test", "DetailType": "now", "Detail": "{}"}])
    # A schedule that is over is deleted: all calls have been made, and none has a place.
    assert eventually(lambda: schedules(narrow), until=lambda left: not left) == []
    assert narrow.receive(told, 1, within=1) == []
    for _ in holders:
        narrow.client("sqs").send_message(QueueUrl=release, MessageBody="go on")

    messages = narrow.receive(told, 2 + 2 * len(calls), within=40)
    spans = [one for one in messages if "number" in one]
    assert sorted(one["number"] for one in spans) == sorted(holders + calls)
    assert len(messages) == 2 + 2 * len(calls)
    assert at_most_two_at_once(spans)


def call(number: str, *, held: bool = False) -> str:
    return json.dumps({"number": number, "held": held})


def schedule(aws: EmbeddedAws, function: str, name: str) -> str:
    """Call the function once, at a moment that has come already."""
    aws.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="at(2020-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": function,
            "RoleArn": "arn:aws:iam::000000000000:role/scheduler",
            "Input": call(name),
        },
    )
    return name


def schedules(aws: EmbeddedAws) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = aws.client("scheduler").list_schedules()["Schedules"]
    return listed


def rule(aws: EmbeddedAws, function: str, name: str) -> str:
    """Call the function on each event of the test."""
    events = aws.client("events")
    arn = events.put_rule(Name=name, EventPattern=json.dumps({"source": ["test"]}))["RuleArn"]
    aws.client("lambda").add_permission(
        FunctionName=function,
        StatementId=name,
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    events.put_targets(Rule=name, Targets=[{"Id": "held", "Arn": function, "Input": call(name)}])
    return name


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
