"""SQS and DynamoDB mappings, and asynchronous failures."""

import json
import threading
import time

import pytest

from tests.support.embedded_aws import EmbeddedAws, queue_arn

pytestmark = pytest.mark.e2e

TELL = """
import json, os, time
import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    records = event.get("Records", [])
    bodies = [record.get("body") or record["dynamodb"]["Keys"]["id"]["S"] for record in records]
    told = {"bodies": bodies, "at": time.time()}
    sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps(told))
    if "slow" in bodies:
        time.sleep(2)
        told = {"bodies": ["slow is over"], "at": time.time()}
        sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps(told))
    if "poison" in bodies or not records:
        raise ValueError("poison")
    failed = [record["messageId"] for record in records if record.get("body", "").startswith("reject")]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""


def consumer(aws: EmbeddedAws, role: str, name: str, **mapping: object) -> tuple[str, str]:
    """A queue and the queue of what its function was called with."""
    url, told = aws.queue(name, VisibilityTimeout="1"), aws.queue(f"{name}-told")
    aws.function(name, TELL, role, Environment={"Variables": {"TOLD": told}})
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=queue_arn(name), FunctionName=name, **mapping
    )
    return url, told


def test_a_message_reaches_its_function_quickly_while_another_queues_function_is_slow(
    aws: EmbeddedAws, any_role: str
) -> None:
    slow, slow_told = consumer(aws, any_role, "slow-queue")
    quick, quick_told = consumer(aws, any_role, "quick-queue")
    sqs = aws.client("sqs")
    sqs.send_message(QueueUrl=quick, MessageBody="warm")
    aws.receive(quick_told, 1)
    sqs.send_message(QueueUrl=slow, MessageBody="slow")
    aws.receive(slow_told, 1)
    latencies = []
    for number in range(5):
        sent = time.time()
        sqs.send_message(QueueUrl=quick, MessageBody=str(number))
        latencies.append(aws.receive(quick_told, 1)[0]["at"] - sent)
    assert min(latencies) < 0.1
    assert max(latencies) < 2


def test_batches_of_one_queue_run_at_once_up_to_the_maximum_concurrency(
    aws: EmbeddedAws, any_role: str
) -> None:
    url, told = consumer(
        aws, any_role, "parallel-queue", BatchSize=1, ScalingConfig={"MaximumConcurrency": 3}
    )
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    for _ in range(6):
        aws.client("sqs").send_message(QueueUrl=url, MessageBody="slow")
    running = most = 0
    for one in sorted(aws.receive(told, 12, within=30), key=lambda one: float(one["at"])):
        running += -1 if one["bodies"] == ["slow is over"] else 1
        most = max(most, running)
    assert (most, running) == (3, 0)


def test_only_reported_messages_come_back(aws: EmbeddedAws, any_role: str) -> None:
    url, told = consumer(
        aws, any_role, "partial-queue", BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    entries = [{"Id": body, "MessageBody": body} for body in ("one", "reject", "two")]
    aws.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    bodies = [body for call in aws.receive(told, 3, within=4) for body in call["bodies"]]
    assert (bodies.count("one"), bodies.count("two")) == (1, 1)
    assert bodies.count("reject") >= 2


def test_a_poison_message_moves_to_the_dead_letter_queue(aws: EmbeddedAws, any_role: str) -> None:
    dead = aws.queue("poison-dead")
    url, _ = consumer(aws, any_role, "poison-queue", BatchSize=1)
    redrive = json.dumps({"deadLetterTargetArn": queue_arn("poison-dead"), "maxReceiveCount": 2})
    sqs = aws.client("sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    moved = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=10)["Messages"]
    assert moved[0]["Body"] == "poison"


def test_a_batching_window_gathers_messages_for_one_call(aws: EmbeddedAws, any_role: str) -> None:
    url, told = consumer(aws, any_role, "window-queue", BatchSize=10, MaximumBatchingWindowInSeconds=1)
    for body in ("1", "2", "3"):
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)
        time.sleep(0.1)
    assert sorted(aws.receive(told, 1)[0]["bodies"]) == ["1", "2", "3"]


def test_no_message_is_lost_or_doubled_when_many_senders_meet_many_receivers(
    aws: EmbeddedAws, any_role: str
) -> None:
    url, told = consumer(aws, any_role, "busy-queue", BatchSize=10)
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})

    def send(sender: int) -> None:
        sqs = aws.client("sqs")
        for batch in range(10):
            entries = [{"Id": str(n), "MessageBody": f"{sender}-{batch}-{n}"} for n in range(10)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for sender in senders:
        sender.start()
    bodies: list[str] = []
    while len(bodies) < 400 and (calls := aws.receive(told, 1)):
        bodies += [body for call in calls for body in call["bodies"]]
    assert sorted(bodies) == sorted({f"{s}-{b}-{n}" for s in range(4) for b in range(10) for n in range(10)})


def test_a_table_streams_poison_record_is_discarded_and_the_rest_goes_on(
    aws: EmbeddedAws, any_role: str
) -> None:
    dynamodb = aws.client("dynamodb")
    stream = dynamodb.create_table(
        TableName="streamed",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]["LatestStreamArn"]
    told, discarded = aws.queue("streamed-told"), aws.queue("streamed-discarded")
    aws.function("streamed", TELL, any_role, Environment={"Variables": {"TOLD": told}})
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=stream,
        FunctionName="streamed",
        StartingPosition="LATEST",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue_arn("streamed-discarded")}},
    )
    for key in ("a", "poison", "b"):
        dynamodb.put_item(TableName="streamed", Item={"id": {"S": key}})
    (document,) = aws.receive(discarded, 1)
    assert document["DDBStreamBatchInfo"]["batchSize"] == 1
    seen = [call["bodies"] for call in aws.receive(told, 20, within=2)]
    assert seen[-1][-1] == "b"


def test_a_failed_asynchronous_event_reaches_the_dead_letter_queue_as_it_came(
    aws: EmbeddedAws, any_role: str
) -> None:
    dead, told = aws.queue("async-dead"), aws.queue("async-told")
    aws.function(
        "async-failing",
        TELL,
        any_role,
        Environment={"Variables": {"TOLD": told}},
        DeadLetterConfig={"TargetArn": queue_arn("async-dead")},
    )
    client = aws.client("lambda")
    client.put_function_event_invoke_config(FunctionName="async-failing", MaximumRetryAttempts=1)
    client.invoke(FunctionName="async-failing", InvocationType="Event", Payload=b'{"number": 1}')
    (message,) = aws.client("sqs").receive_message(
        QueueUrl=dead, WaitTimeSeconds=10, MessageAttributeNames=["All"]
    )["Messages"]
    assert json.loads(message["Body"]) == {"number": 1}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "poison"
    assert len(aws.receive(told, 3, within=1)) == 2
