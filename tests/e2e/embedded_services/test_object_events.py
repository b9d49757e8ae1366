"""S3's events on EventBridge."""

import json

import pytest

from tests.support.embedded_aws import EmbeddedAws, policy, queue_arn

pytestmark = pytest.mark.e2e


def test_an_event_about_a_versioned_object_names_its_version(aws: EmbeddedAws) -> None:
    s3, events = aws.client("s3"), aws.client("events")
    s3.create_bucket(Bucket="versioned")
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket="versioned", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    url = aws.queue("object-events")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn("object-events"),
    }
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy([statement])})
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["versioned"]}}}
    events.put_rule(Name="object-events", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="object-events", Targets=[{"Id": "queue", "Arn": queue_arn("object-events")}])
    versions = [s3.put_object(Bucket="versioned", Key="key", Body=body)["VersionId"] for body in (b"1", b"2")]
    told = [event["detail"]["object"]["version-id"] for event in aws.receive(url, 2)]
    assert sorted(told) == sorted(versions)
