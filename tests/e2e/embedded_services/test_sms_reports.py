"""What becomes of a message, and who is told: the default bus, and a configuration set's destinations."""

import json
from typing import Any

import pytest

from tests.support.embedded_aws import ACCOUNT, REGION, EmbeddedAws, allow, eventually
from tests.support.sms import admitting, handset, new_number, reports_queue, topic_with_queue

pytestmark = pytest.mark.e2e


def test_a_text_arrives_on_its_handset_and_is_reported_on_the_default_bus(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    url = reports_queue(aws, "text-reports", "text-1")
    sent = sms.send_text_message(
        DestinationPhoneNumber="+14255550101",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
        Context={"run": "text-1"},
    )
    events = aws.receive(url, 3)
    assert {event["detail-type"] for event in events} == {"Text Message Delivery Status Updated"}
    details = sorted((event["detail"] for event in events), key=lambda detail: int(detail["eventTimestamp"]))
    assert [(detail["eventType"], detail["isFinal"]) for detail in details] == [
        ("TEXT_QUEUED", False),
        ("TEXT_SUCCESSFUL", False),
        ("TEXT_DELIVERED", True),
    ]
    assert all("destinationPhoneNumber" not in detail for detail in details)
    assert {detail["messageId"] for detail in details} == {sent["MessageId"]}
    (message,) = handset(aws, "+14255550101")
    assert (message["Body"], message["From"], message["Received"]) == ("Hello", number["PhoneNumber"], True)
    assert (message["MessageId"], message["Status"]) == (sent["MessageId"], "DELIVERED")


def test_a_message_that_fails_is_reported_and_never_seen(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    sms.send_text_message(
        DestinationPhoneNumber="+14255599904",
        OriginationIdentity=number["PhoneNumberArn"],
        MessageBody="Hello",
    )
    (message,) = eventually(
        lambda: handset(aws, "+14255599904"), until=lambda seen: seen[0]["Status"] == "CARRIER_BLOCKED"
    )
    assert (message["Status"], message["Received"]) == ("CARRIER_BLOCKED", False)


def test_a_configuration_sets_topic_gets_the_reports_it_asks_for(aws: EmbeddedAws, sms: Any) -> None:
    topic, url = topic_with_queue(aws, "sms-reports", admitting())
    sms.create_configuration_set(ConfigurationSetName="reports")
    sms.create_event_destination(
        ConfigurationSetName="reports",
        EventDestinationName="topic",
        MatchingEventTypes=["TEXT_DELIVERED", "TEXT_BLOCKED"],
        SnsDestination={"TopicArn": topic},
    )
    number = new_number(sms)
    for destination in ("+14255550105", "+14254599903", "+14254599904"):
        sms.send_text_message(
            DestinationPhoneNumber=destination,
            OriginationIdentity=number["PhoneNumberId"],
            MessageBody="Hellö ☺",
            ConfigurationSetName="reports",
            Context={"claim": "c1"},
        )
    reports = aws.receive(url, 3, within=3)
    told = {report["eventType"]: report for report in reports}
    assert len(reports) == len(told) == 2
    delivered = told["TEXT_DELIVERED"]
    assert delivered["destinationPhoneNumber"] == "+14255550105"
    assert (delivered["messageEncoding"], delivered["totalMessageParts"]) == ("Unicode", 1)
    assert (delivered["context"], delivered["isFinal"]) == ({"claim": "c1"}, True)
    assert told["TEXT_BLOCKED"]["messageStatus"] == "BLOCKED"


def test_a_log_group_gets_reports_by_a_role_that_trusts_the_service(aws: EmbeddedAws, sms: Any) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="sms-reports")
    aws.role("sms-logs", [allow("logs:*")], service="sms-voice.amazonaws.com")
    aws.role("not-sms-logs", [allow("logs:*")])
    number = new_number(sms)
    for role in ("not-sms-logs", "sms-logs"):
        sms.create_configuration_set(ConfigurationSetName=role)
        sms.create_event_destination(
            ConfigurationSetName=role,
            EventDestinationName="logs",
            MatchingEventTypes=["ALL"],
            CloudWatchLogsDestination={
                "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "LogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:sms-reports",
            },
        )
        sms.send_text_message(
            DestinationPhoneNumber="+14255550106",
            OriginationIdentity=number["PhoneNumberId"],
            MessageBody="Hello",
            ConfigurationSetName=role,
            Context={"role": role},
        )

    def reported() -> list[dict[str, Any]]:
        events = logs.filter_log_events(logGroupName="sms-reports")["events"]
        return [json.loads(event["message"]) for event in events]

    seen = eventually(reported, until=lambda events: len(events) >= 3)
    assert {event["context"]["role"] for event in seen} == {"sms-logs"}


def test_a_call_is_reported_as_a_call(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    url = reports_queue(aws, "voice-reports", "voice-1")
    sms.send_voice_message(
        DestinationPhoneNumber="+14255550107",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
        Context={"run": "voice-1"},
    )
    events = aws.receive(url, 4)
    assert {event["detail-type"] for event in events} == {"Voice Message Delivery Status Updated"}
    last = next(event["detail"] for event in events if event["detail"]["isFinal"])
    assert (last["eventType"], last["callDurationInSeconds"] > 0) == ("VOICE_COMPLETED", True)


def test_a_report_can_come_twice(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    url = reports_queue(aws, "reports-twice", "twice-1")
    sms.send_text_message(
        DestinationPhoneNumber="+14255599921",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
        Context={"run": "twice-1"},
    )
    types = [event["detail"]["eventType"] for event in aws.receive(url, 6)]
    assert sorted(types) == sorted(["TEXT_QUEUED", "TEXT_SUCCESSFUL", "TEXT_DELIVERED"] * 2)


def test_a_delivery_stream_gets_reports_by_a_role_that_may_write_to_it(aws: EmbeddedAws, sms: Any) -> None:
    s3, firehose = aws.client("s3"), aws.client("firehose")
    s3.create_bucket(Bucket="sms-reports")
    into_bucket = aws.role("firehose-sms", [allow("s3:*")], service="firehose.amazonaws.com")
    firehose.create_delivery_stream(
        DeliveryStreamName="sms-reports",
        ExtendedS3DestinationConfiguration={"RoleARN": into_bucket, "BucketARN": "arn:aws:s3:::sms-reports"},
    )
    stream = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/sms-reports"
    role = aws.role("sms-firehose", [allow("firehose:PutRecord*", on=stream)], "sms-voice.amazonaws.com")
    sms.create_configuration_set(ConfigurationSetName="firehose")
    sms.create_event_destination(
        ConfigurationSetName="firehose",
        EventDestinationName="stream",
        MatchingEventTypes=["TEXT_DELIVERED"],
        KinesisFirehoseDestination={"IamRoleArn": role, "DeliveryStreamArn": stream},
    )
    sent = sms.send_text_message(
        DestinationPhoneNumber="+14255550117",
        OriginationIdentity=new_number(sms)["PhoneNumberId"],
        MessageBody="Hello",
        ConfigurationSetName="firehose",
    )
    listed = eventually(lambda: s3.list_objects_v2(Bucket="sms-reports").get("Contents", []))
    (report,) = (s3.get_object(Bucket="sms-reports", Key=each["Key"])["Body"].read() for each in listed)
    assert json.loads(report)["messageId"] == sent["MessageId"]
