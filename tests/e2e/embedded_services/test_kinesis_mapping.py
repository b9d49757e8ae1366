"""The Kinesis event source mapping, as AWS documents it."""

import json
import math
import time
from collections import defaultdict
from typing import Any

import pytest

from tests.support.embedded_aws import EmbeddedAws, eventually, queue_arn

pytestmark = pytest.mark.e2e

# Tells a queue what it was called with, then does what its records say.
TELLTALE = """
import base64, json, os, time
import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    records = [record["kinesis"] for record in event["Records"]]
    data = [base64.b64decode(record["data"]).decode() for record in records]
    sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps({"data": data, "at": time.time()}))
    for record, text in zip(records, data):
        if text == "slow":
            time.sleep(5)
            told = {"data": ["slow is over"], "at": time.time()}
            sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps(told))
        if text == "poison":
            raise ValueError("poison")
    failed = [r["sequenceNumber"] for r, text in zip(records, data) if text.startswith("reject")]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
"""


class Consumer:
    """A stream, a telltale function mapped to it, and the queue of what it was called with."""

    def __init__(self, aws: EmbeddedAws, role: str, name: str, shards: int = 1, **mapping: Any) -> None:
        self.aws, self.name = aws, name
        self.source = aws.stream(name, shards)
        self.told = aws.queue(f"{name}-told")
        self.discarded = aws.queue(f"{name}-discarded")
        aws.function(name, TELLTALE, role, Environment={"Variables": {"TOLD": self.told}})
        self.mapping = self.map(**mapping) if mapping else ""

    def map(self, **settings: Any) -> str:
        settings.setdefault("StartingPosition", "LATEST")
        created = self.aws.client("lambda").create_event_source_mapping(
            EventSourceArn=self.source, FunctionName=self.name, **settings
        )
        return str(created["UUID"])

    def put(self, *texts: str, key: str = "key") -> None:
        self.aws.client("kinesis").put_records(
            StreamName=self.name, Records=[{"PartitionKey": key, "Data": text.encode()} for text in texts]
        )

    def calls(self, count: int, within: float = 15.0) -> list[list[str]]:
        return [told["data"] for told in self.aws.receive(self.told, count, within)]


def to_queue(name: str) -> dict[str, Any]:
    return {"OnFailure": {"Destination": queue_arn(f"{name}-discarded")}}


def test_a_poison_record_is_found_by_bisection_retried_and_discarded_with_its_reason(
    aws: EmbeddedAws, any_role: str
) -> None:
    consumer = Consumer(
        aws,
        any_role,
        "poison",
        StartingPosition="LATEST",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig=to_queue("poison"),
    )
    consumer.put("1", "2", "poison", "4", "5")
    assert consumer.calls(6) == [
        ["1", "2", "poison", "4", "5"],
        ["1", "2"],
        ["poison", "4", "5"],
        ["poison"],
        ["poison"],
        ["4", "5"],
    ]
    (document,) = aws.receive(consumer.discarded, 1)
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 2
    assert document["KinesisBatchInfo"]["batchSize"] == 1
    assert document["KinesisBatchInfo"]["streamArn"] == consumer.source


def test_reported_failures_are_retried_from_the_lowest_sequence_number(
    aws: EmbeddedAws, any_role: str
) -> None:
    consumer = Consumer(
        aws,
        any_role,
        "partial",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        DestinationConfig=to_queue("partial"),
    )
    consumer.put("1", "2", "reject-3", "4", "reject-5")
    assert consumer.calls(2) == [["1", "2", "reject-3", "4", "reject-5"], ["reject-3", "4", "reject-5"]]
    consumer.put("6")
    assert consumer.calls(1) == [["6"]]
    (document,) = aws.receive(consumer.discarded, 1)
    assert document["KinesisBatchInfo"]["batchSize"] == 3


def test_records_past_their_maximum_age_are_discarded_uncalled(aws: EmbeddedAws, any_role: str) -> None:
    consumer = Consumer(aws, any_role, "aged")
    consumer.put("old")
    time.sleep(1.2)
    consumer.put("new")
    consumer.map(
        StartingPosition="TRIM_HORIZON", MaximumRecordAgeInSeconds=1, DestinationConfig=to_queue("aged")
    )
    assert consumer.calls(1) == [["new"]]
    (document,) = aws.receive(consumer.discarded, 1)
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"


def test_a_bucket_as_destination_receives_the_records_themselves(aws: EmbeddedAws, any_role: str) -> None:
    aws.client("s3").create_bucket(Bucket="discarded-records")
    consumer = Consumer(
        aws,
        any_role,
        "to-bucket",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:s3:::discarded-records"}},
    )
    consumer.put("poison")
    s3 = aws.client("s3")
    listed = eventually(lambda: s3.list_objects_v2(Bucket="discarded-records").get("Contents"))
    key = listed[0]["Key"]
    assert key.startswith(f"aws/lambda/{consumer.mapping}/shardId-000000000000/")
    document = json.loads(s3.get_object(Bucket="discarded-records", Key=key)["Body"].read())
    assert json.loads(document["payload"])["Records"][0]["kinesis"]["partitionKey"] == "key"


def test_each_starting_position_begins_where_it_says(aws: EmbeddedAws, any_role: str) -> None:
    consumer = Consumer(aws, any_role, "start")
    consumer.put("first")
    # The API's timestamps have whole seconds.
    between = math.ceil(time.time() + 0.1)
    time.sleep(between - time.time() + 0.1)
    consumer.put("second")
    consumer.map(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=between)
    assert consumer.calls(1) == [["second"]]
    consumer.map(StartingPosition="TRIM_HORIZON")
    assert consumer.calls(1) == [["first", "second"]]
    consumer.map(StartingPosition="LATEST")
    consumer.put("third")
    assert consumer.calls(3) == [["third"]] * 3


def test_a_filter_lets_only_matching_records_through(aws: EmbeddedAws, any_role: str) -> None:
    pattern = json.dumps({"data": {"event_type": ["wanted"]}})
    consumer = Consumer(aws, any_role, "filtered", FilterCriteria={"Filters": [{"Pattern": pattern}]})
    wanted, other = '{"event_type": "wanted"}', '{"event_type": "other"}'
    consumer.put(other, wanted, "not json", other)
    assert consumer.calls(1) == [[wanted]]
    assert consumer.calls(1, within=0.5) == []


def test_a_batching_window_gathers_records_for_one_call(aws: EmbeddedAws, any_role: str) -> None:
    consumer = Consumer(aws, any_role, "window", MaximumBatchingWindowInSeconds=1)
    for text in ("1", "2", "3"):
        consumer.put(text)
        time.sleep(0.1)
    assert consumer.calls(1) == [["1", "2", "3"]]


def test_parallel_lanes_keep_the_order_of_each_key_and_do_not_wait_for_each_other(
    aws: EmbeddedAws, any_role: str
) -> None:
    consumer = Consumer(aws, any_role, "lanes", ParallelizationFactor=10, BatchSize=1)
    consumer.put("slow", key="a")
    for number in range(3):
        for key in "bcdefgh":
            consumer.put(f"{key}{number}", key=key)
    told = sorted(aws.receive(consumer.told, 23, within=30), key=lambda one: float(one["at"]))
    texts = [one["data"][0] for one in told]
    numbers = defaultdict(list)
    for text in texts:
        if not text.startswith("slow"):
            numbers[text[0]].append(text[1])
    assert numbers == {key: ["0", "1", "2"] for key in "bcdefgh"}
    # Keys that share the slow one's lane wait for it, the other lanes do not.
    assert texts.index("slow is over") > len(texts) // 2


def test_a_slow_function_holds_up_no_other_mapping_and_latency_is_low(
    aws: EmbeddedAws, any_role: str
) -> None:
    slow = Consumer(aws, any_role, "slow-one", StartingPosition="LATEST")
    quick = Consumer(aws, any_role, "quick-one", StartingPosition="LATEST")
    quick.put("warm")
    quick.calls(1)
    slow.put("slow")
    slow.calls(1)
    latencies = []
    for number in range(5):
        put_at = time.time()
        quick.put(str(number))
        latencies.append(aws.receive(quick.told, 1)[0]["at"] - put_at)
    assert min(latencies) < 0.2
    assert max(latencies) < 3


def test_a_deleted_mapping_delivers_nothing_more(aws: EmbeddedAws, any_role: str) -> None:
    consumer = Consumer(aws, any_role, "deleted", StartingPosition="LATEST")
    consumer.put("before")
    assert consumer.calls(1) == [["before"]]
    aws.client("lambda").delete_event_source_mapping(UUID=consumer.mapping)
    consumer.put("after")
    assert consumer.calls(1, within=1.0) == []
