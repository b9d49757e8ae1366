"""Firehose: files by partition, compressed, by the authority of its role; and queries that are saved."""

import base64
import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.embedded_aws import ACCOUNT, EmbeddedAws, allow, eventually, policy

pytestmark = pytest.mark.e2e

QUERY = '{kind: (.kind), day: (.at / 1000 | strftime("%Y-%m-%d"))}'


def delivery_role(aws: EmbeddedAws, name: str, *, external_id: str = ACCOUNT) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "firehose.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    created = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))
    aws.set_policy(name, [allow("kinesis:*", "s3:*")])
    return str(created["Role"]["Arn"])


def settings(role: str, bucket: str, **changes: Any) -> dict[str, Any]:
    processors = [
        {
            "Type": "MetadataExtraction",
            "Parameters": [
                {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
                {"ParameterName": "MetadataExtractionQuery", "ParameterValue": QUERY},
            ],
        },
        {
            "Type": "AppendDelimiterToRecord",
            "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
        },
    ]
    return {
        "RoleARN": role,
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "Prefix": "kind=!{partitionKeyFromQuery:kind}/day=!{partitionKeyFromQuery:day}/!{timestamp:HH}-",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/!{timestamp:yyyy}/",
        "CompressionFormat": "GZIP",
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
        **changes,
    }


def from_kinesis(aws: EmbeddedAws, name: str, role: str, **changes: Any) -> str:
    """A Firehose stream from a new Kinesis stream to a new bucket, all of one name."""
    aws.client("s3").create_bucket(Bucket=name)
    arn = aws.stream(name)
    aws.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": role},
        ExtendedS3DestinationConfiguration=settings(role, name, **changes),
    )
    return name


def send(aws: EmbeddedAws, stream: str, *records: bytes) -> None:
    entries = [{"Data": record, "PartitionKey": str(number)} for number, record in enumerate(records)]
    aws.client("kinesis").put_records(StreamName=stream, Records=entries)


def files(aws: EmbeddedAws, bucket: str) -> dict[str, bytes]:
    s3 = aws.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def wait_for_files(aws: EmbeddedAws, bucket: str, count: int) -> dict[str, bytes]:
    found: dict[str, bytes] = eventually(lambda: files(aws, bucket), until=lambda seen: len(seen) >= count)
    return found


def lines(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


def test_records_of_one_partition_come_in_one_compressed_file_each_on_a_line(aws: EmbeddedAws) -> None:
    stream = from_kinesis(aws, "fh-partitions", delivery_role(aws, "fh-partitions"))
    sent = [{"kind": kind, "at": 1764000001234, "n": n} for kind in ("a", "b") for n in range(40)]
    send(aws, stream, *(json.dumps(record).encode() for record in sent))
    found = wait_for_files(aws, stream, 2)
    folders = {key.rpartition("/")[0]: lines(body) for key, body in found.items()}
    assert folders == {
        "kind=a/day=2025-11-24": sent[:40],
        "kind=b/day=2025-11-24": sent[40:],
    }
    assert all(key.endswith(".gz") for key in found)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("text", b"{not json"),
        ("list", b"[]"),
        ("null", b'{"kind": null, "at": 1}'),
        ("empty", b'{"kind": "", "at": 1}'),
        ("no-moment", b'{"kind": "a"}'),
    ],
)
def test_a_record_without_a_partition_is_kept_as_it_came_under_the_error_prefix(
    aws: EmbeddedAws, name: str, record: bytes
) -> None:
    stream = from_kinesis(aws, f"fh-error-{name}", delivery_role(aws, f"fh-error-{name}"))
    send(aws, stream, record)
    ((key, body),) = wait_for_files(aws, stream, 1).items()
    assert key.startswith("errors/processing-failed/20")
    (failure,) = lines(body)
    assert failure["rawData"] == base64.b64encode(record).decode()
    assert failure["errorCode"] == "DynamicPartitioning.MetadataExtractionFailed"


def test_what_a_role_may_not_write_waits_until_it_may(aws: EmbeddedAws) -> None:
    role = delivery_role(aws, "fh-refused")
    stream = from_kinesis(aws, "fh-refused", role)
    aws.set_policy("fh-refused", [allow("kinesis:*")])
    send(aws, stream, b'{"kind": "a", "at": 1}')
    assert eventually(lambda: files(aws, stream), within=3) == {}
    aws.set_policy("fh-refused", [allow("kinesis:*", "s3:*")])
    assert len(wait_for_files(aws, stream, 1)) == 1


def test_what_a_role_may_not_read_waits_until_it_may(aws: EmbeddedAws) -> None:
    stream = from_kinesis(aws, "fh-unread", delivery_role(aws, "fh-unread"))
    aws.set_policy("fh-unread", [allow("s3:*")])
    send(aws, stream, b'{"kind": "a", "at": 1}')
    assert eventually(lambda: files(aws, stream), within=3) == {}
    aws.set_policy("fh-unread", [allow("kinesis:*", "s3:*")])
    assert len(wait_for_files(aws, stream, 1)) == 1


def test_a_role_that_expects_another_account_is_not_assumed(aws: EmbeddedAws) -> None:
    role = delivery_role(aws, "fh-other", external_id="999999999999")
    with pytest.raises(ClientError, match="unable to assume role"):
        from_kinesis(aws, "fh-other", role)


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("small", {"BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60}}, "at least 64"),
        ("errors", {"ErrorOutputPrefix": "errors/"}, "error-output-type"),
        ("whole", {"DynamicPartitioningConfiguration": {"Enabled": False}}, "partitioning is not enabled"),
    ],
)
def test_settings_that_aws_refuses_are_refused(
    aws: EmbeddedAws, name: str, changes: dict[str, Any], reason: str
) -> None:
    role = delivery_role(aws, f"fh-settings-{name}")
    with pytest.raises(ClientError, match=reason):
        aws.client("firehose").create_delivery_stream(
            DeliveryStreamName="fh-settings",
            ExtendedS3DestinationConfiguration=settings(role, "fh-settings", **changes),
        )


def test_without_partitions_and_compression_records_are_put_one_after_the_other(aws: EmbeddedAws) -> None:
    role = delivery_role(aws, "fh-plain")
    aws.client("s3").create_bucket(Bucket="fh-plain")
    firehose = aws.client("firehose")
    firehose.create_delivery_stream(
        DeliveryStreamName="fh-plain",
        ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": "arn:aws:s3:::fh-plain"},
    )
    firehose.put_record_batch(DeliveryStreamName="fh-plain", Records=[{"Data": b"one"}, {"Data": b"two"}])
    assert list(wait_for_files(aws, "fh-plain", 1).values()) == [b"onetwo"]


def test_cloudformation_saves_a_query_and_forgets_it(aws: EmbeddedAws) -> None:
    cloudformation, athena = aws.client("cloudformation"), aws.client("athena")
    properties = {"Name": "rates", "Database": "db", "QueryString": "SELECT 1", "WorkGroup": "primary"}
    template = {"Resources": {"Query": {"Type": "AWS::Athena::NamedQuery", "Properties": properties}}}
    cloudformation.create_stack(StackName="saved-query", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="saved-query", WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )
    (query,) = athena.list_named_queries(WorkGroup="primary")["NamedQueryIds"]
    saved = athena.get_named_query(NamedQueryId=query)["NamedQuery"]
    assert {name: saved[name] for name in properties} == properties
    cloudformation.delete_stack(StackName="saved-query")
    assert eventually(lambda: athena.list_named_queries(WorkGroup="primary")["NamedQueryIds"] == [])
