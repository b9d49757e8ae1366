"""Text messages: the API under IAM, the handsets, the reports, and replies."""

import json
import urllib.parse
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.embedded_aws import ACCOUNT, REGION, EmbeddedAws, allow, eventually, policy, queue_arn

pytestmark = pytest.mark.e2e

ARN = f"arn:aws:sms-voice:{REGION}:{ACCOUNT}"


@pytest.fixture
def sms(aws: EmbeddedAws) -> Any:
    return aws.client("pinpoint-sms-voice-v2")


def new_number(sms: Any, **request: Any) -> dict[str, Any]:
    number: dict[str, Any] = sms.request_phone_number(
        **{
            "IsoCountryCode": "US",
            "MessageType": "TRANSACTIONAL",
            "NumberCapabilities": ["SMS", "VOICE", "MMS"],
            "NumberType": "LONG_CODE",
            **request,
        }
    )
    return number


def handset(aws: EmbeddedAws, number: str, **narrowed: str) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"handset": number, **narrowed})
    with urllib.request.urlopen(
        f"{aws.endpoint}/_ministack/sms-voice/messages?{query}", timeout=10
    ) as answer:
        shown: list[dict[str, Any]] = json.load(answer)["messages"]
        return shown


def refusal(call: Any, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call(**request)
    answer: dict[str, Any] = raised.value.response
    return answer


def as_role(aws: EmbeddedAws, name: str, statements: list[dict[str, Any]]) -> Any:
    """A client of somebody who may do what is listed and nothing else."""
    iam, sts = aws.client("iam"), aws.client("sts")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))
    aws.set_policy(name, statements)
    keys = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="test")[
        "Credentials"
    ]
    return sms_client(
        aws,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def sms_client(aws: EmbeddedAws, **settings: Any) -> Any:
    given = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **settings}
    return boto3.client("pinpoint-sms-voice-v2", endpoint_url=aws.endpoint, region_name=REGION, **given)


def reports_queue(aws: EmbeddedAws, name: str, context: str) -> str:
    """A queue that gets EventBridge's reports of messages with a context."""
    events = aws.client("events")
    pattern = {"source": ["aws.sms-voice"], "detail": {"context": {"run": [context]}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    url = open_queue(aws, name, "events.amazonaws.com")
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn(name)}])
    return url


def open_queue(aws: EmbeddedAws, name: str, service: str) -> str:
    """The URL of a queue that a service may send to."""
    url = aws.queue(name)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn(name),
    }
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy([statement])})
    return url


def topic_with_queue(
    aws: EmbeddedAws, name: str, *statements: dict[str, Any], key: str = ""
) -> tuple[str, str]:
    """The ARN of a topic with these statements, and the URL of the queue behind it."""
    sns = aws.client("sns")
    attributes = {"KmsMasterKeyId": key} if key else {}
    topic = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    if statements:
        own = [{**statement, "Resource": topic} for statement in statements]
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(own))
    url = open_queue(aws, name, "sns.amazonaws.com")
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue_arn(name),
        Attributes={"RawMessageDelivery": "true"},
    )
    return topic, url


def admitting(action: str = "sns:Publish", account: str = ACCOUNT) -> dict[str, Any]:
    """What AWS documents for a topic of replies."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "sms-voice.amazonaws.com"},
        "Action": action,
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:sms-voice:{REGION}:{account}:*"},
        },
    }


def reply(aws: EmbeddedAws, **written: Any) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{aws.endpoint}/_ministack/sms-voice/replies", json.dumps(written).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


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


def test_one_who_may_send_from_a_number_may_not_from_another(aws: EmbeddedAws, sms: Any) -> None:
    mine, other = new_number(sms), new_number(sms)
    sender = as_role(aws, "one-number", [allow("sms-voice:SendTextMessage", on=mine["PhoneNumberArn"])])
    text = {"DestinationPhoneNumber": "+14255550102", "MessageBody": "Hello"}
    assert sender.send_text_message(OriginationIdentity=mine["PhoneNumber"], **text)["MessageId"]
    for call, request in (
        (sender.send_text_message, {**text, "OriginationIdentity": other["PhoneNumber"]}),
        (sender.send_text_message, text),
        (sender.send_voice_message, {**text, "OriginationIdentity": mine["PhoneNumberId"]}),
        (sender.describe_phone_numbers, {}),
    ):
        assert refusal(call, **request)["Error"]["Code"] == "AccessDeniedException"


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


def test_a_permission_may_hang_on_the_tags_of_a_number(aws: EmbeddedAws, sms: Any) -> None:
    mine = new_number(sms, Tags=[{"Key": "team", "Value": "shop"}])
    other = new_number(sms, Tags=[{"Key": "team", "Value": "bank"}])
    tagged = {
        **allow("sms-voice:SendTextMessage"),
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "shop"}},
    }
    sender = as_role(aws, "team-shop", [tagged])
    text = {"DestinationPhoneNumber": "+14255550114", "MessageBody": "Hello"}
    assert sender.send_text_message(OriginationIdentity=mine["PhoneNumberId"], **text)["MessageId"]
    answer = refusal(sender.send_text_message, OriginationIdentity=other["PhoneNumberId"], **text)
    assert answer["Error"]["Code"] == "AccessDeniedException"


def test_a_number_that_is_not_active_sends_nothing(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    change = {"number": number["PhoneNumber"], "status": "PENDING"}
    request = urllib.request.Request(
        f"{aws.endpoint}/_ministack/sms-voice/numbers", json.dumps(change).encode(), method="PUT"
    )
    urllib.request.urlopen(request, timeout=10).close()
    answer = refusal(
        sms.send_text_message,
        DestinationPhoneNumber="+14255550115",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
    )
    assert (answer["Reason"], answer["ResourceType"]) == ("RESOURCE_NOT_ACTIVE", "phone-number")


def test_more_than_a_number_may_send_is_throttled(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms, NumberType="TEN_DLC")
    text = {"DestinationPhoneNumber": "+14255550116", "OriginationIdentity": number["PhoneNumberId"]}
    sms.send_text_message(MessageBody="a" * 1600, **text)
    once = sms_client(aws, config=Config(retries={"total_max_attempts": 1}))
    answer = refusal(once.send_text_message, MessageBody="Hello", **text)
    assert answer["Error"]["Code"] == "ThrottlingException"


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


def test_an_opted_out_destination_is_refused_in_the_models_words(aws: EmbeddedAws, sms: Any) -> None:
    sms.create_opt_out_list(OptOutListName="marketing")
    number = new_number(sms, OptOutListName="marketing")
    sms.put_opted_out_number(OptOutListName="marketing", OptedOutNumber="+14255550103")
    answer = refusal(
        sms.send_text_message,
        DestinationPhoneNumber="+14255550103",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
    )
    assert answer["Error"]["Code"] == "ConflictException"
    assert answer["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    assert handset(aws, "+14255550103") == []


def test_a_dry_run_is_answered_and_sends_nothing(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    answer = sms.send_text_message(
        DestinationPhoneNumber="+14255550104",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Hello",
        DryRun=True,
    )
    assert answer["MessageId"]
    assert handset(aws, "+14255550104") == []


def test_a_caller_that_nobody_knows_is_told_so(aws: EmbeddedAws) -> None:
    stranger = sms_client(aws, aws_access_key_id="AKIASTRANGERSTRANGER")
    answer = refusal(stranger.describe_pools)
    assert answer["Error"]["Code"] in ("InvalidClientTokenId", "UnrecognizedClientException")


def test_an_operation_that_is_not_served_says_so_by_its_name(sms: Any) -> None:
    answer = refusal(sms.describe_spend_limits)
    assert answer["Reason"] == "UNKNOWN_OPERATION"
    assert "DescribeSpendLimits is not served" in answer["Error"]["Message"]


def test_a_reply_reaches_the_numbers_topic_as_documented(aws: EmbeddedAws, sms: Any) -> None:
    topic, url = topic_with_queue(aws, "replies", admitting())
    number = new_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], TwoWayEnabled=True, TwoWayChannelArn=topic)
    sent = sms.send_text_message(
        DestinationPhoneNumber="+14255550108",
        OriginationIdentity=number["PhoneNumberId"],
        MessageBody="Are you coming?",
    )
    told = reply(aws, **{"from": "+14255550108", "to": number["PhoneNumber"], "body": "Yes"})
    assert told["Published"] is True
    (published,) = aws.receive(url, 1)
    assert published == {
        "originationNumber": "+14255550108",
        "destinationNumber": number["PhoneNumber"],
        "messageKeyword": f"KEYWORD_{ACCOUNT}",
        "messageBody": "Yes",
        "inboundMessageId": told["InboundMessageId"],
        "previousPublishedMessageId": sent["MessageId"],
    }


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        ("nothing-said", ()),
        ("another-account", (admitting(account="111111111111"),)),
        ("another-action", (admitting("sns:Subscribe"),)),
    ],
)
def test_a_topic_that_does_not_admit_the_service_gets_no_reply(
    aws: EmbeddedAws, sms: Any, name: str, statements: tuple[dict[str, Any], ...]
) -> None:
    topic, url = topic_with_queue(aws, f"replies-{name}", *statements)
    number = new_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], TwoWayEnabled=True, TwoWayChannelArn=topic)
    told = reply(aws, **{"from": "+14255550109", "to": number["PhoneNumber"], "body": "Yes"})
    assert told["Published"] is False
    assert "not authorized to perform: sns:Publish" in told["Refusal"]
    assert aws.receive(url, 1, within=1) == []


def test_a_role_may_publish_where_the_topic_says_nothing(aws: EmbeddedAws, sms: Any) -> None:
    topic, url = topic_with_queue(aws, "replies-by-role")
    arn = aws.role("two-way", [allow("sns:Publish", on=topic)], service="sms-voice.amazonaws.com")
    number = new_number(sms)
    sms.update_phone_number(
        PhoneNumberId=number["PhoneNumberId"],
        TwoWayEnabled=True,
        TwoWayChannelArn=topic,
        TwoWayChannelRole=arn,
    )
    written = {"from": "+14255550110", "to": number["PhoneNumber"], "body": "Yes"}
    assert reply(aws, **written)["Published"] is True
    assert len(aws.receive(url, 1)) == 1
    aws.client("iam").delete_role_policy(RoleName="two-way", PolicyName="policy")
    assert reply(aws, **written)["Published"] is False


def test_an_encrypted_topic_needs_a_key_that_admits_the_service(aws: EmbeddedAws, sms: Any) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    topic, url = topic_with_queue(aws, "replies-encrypted", admitting(), key=key)
    number = new_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], TwoWayEnabled=True, TwoWayChannelArn=topic)
    written = {"from": "+14255550111", "to": number["PhoneNumber"], "body": "Yes"}
    assert "kms:GenerateDataKey" in reply(aws, **written)["Refusal"]
    root = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    uses = [admitting("kms:GenerateDataKey*"), admitting("kms:Decrypt")]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy([root, *uses]))
    assert reply(aws, **written)["Published"] is True
    assert len(aws.receive(url, 1)) == 1


def test_stop_opts_the_handset_out_and_is_confirmed(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    text = {
        "DestinationPhoneNumber": "+14255550112",
        "OriginationIdentity": number["PhoneNumberId"],
        "MessageBody": "Hello",
    }
    sms.send_text_message(**text)
    eventually(lambda: handset(aws, "+14255550112", received="true"))
    # Without 'to', the handset answers the number that it heard from last.
    assert reply(aws, **{"from": "+14255550112", "body": "stop"})["Keyword"] == "STOP"
    assert refusal(sms.send_text_message, **text)["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    seen = eventually(
        lambda: handset(aws, "+14255550112", received="true"), until=lambda seen: len(seen) == 2
    )
    assert seen[0]["Body"] == "Hello"
    assert "no more messages" in seen[1]["Body"]
    sms.delete_opted_out_number(OptOutListName="Default", OptedOutNumber="+14255550112")


def test_a_reply_comes_twice_or_late_when_it_is_asked_to(aws: EmbeddedAws, sms: Any) -> None:
    topic, url = topic_with_queue(aws, "replies-twice", admitting())
    number = new_number(sms)
    sms.update_phone_number(PhoneNumberId=number["PhoneNumberId"], TwoWayEnabled=True, TwoWayChannelArn=topic)
    written = {"from": "+14255550113", "to": number["PhoneNumber"]}
    first = reply(aws, **written, body="first", delay=1)
    second = reply(aws, **written, body="second", copies=2)
    published = aws.receive(url, 3)
    assert [each["messageBody"] for each in published] == ["second", "second", "first"]
    assert [each["inboundMessageId"] for each in published] == [
        second["InboundMessageId"],
        second["InboundMessageId"],
        first["InboundMessageId"],
    ]


def test_who_sets_up_replies_must_be_allowed_to_pass_the_role(aws: EmbeddedAws, sms: Any) -> None:
    number = new_number(sms)
    actor = as_role(aws, "no-pass-role", [allow("sms-voice:*")])
    request = {
        "PhoneNumberId": number["PhoneNumberId"],
        "TwoWayEnabled": True,
        "TwoWayChannelArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:replies",
        "TwoWayChannelRole": f"arn:aws:iam::{ACCOUNT}:role/two-way",
    }
    answer = refusal(actor.update_phone_number, **request)
    assert "iam:PassRole" in answer["Error"]["Message"]
    passing = {
        **allow("iam:PassRole"),
        "Condition": {"StringEquals": {"iam:PassedToService": "sms-voice.amazonaws.com"}},
    }
    aws.set_policy("no-pass-role", [allow("sms-voice:*"), passing])
    assert actor.update_phone_number(**request)["TwoWayChannelRole"] == request["TwoWayChannelRole"]


TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Quiet": {"Type": "AWS::SMSVOICE::OptOutList", "Properties": {}},
        "Number": {
            "Type": "AWS::SMSVOICE::PhoneNumber",
            "Properties": {
                "IsoCountryCode": "US",
                "NumberType": "LONG_CODE",
                "NumberCapabilities": ["SMS"],
                "OptOutListName": {"Ref": "Quiet"},
                "MandatoryKeywords": {"HELP": {"Message": "Ask us"}, "STOP": {"Message": "Bye"}},
                "OptionalKeywords": [{"Keyword": "JOIN", "Message": "Welcome", "Action": "OPT_IN"}],
                "Tags": [{"Key": "team", "Value": "shop"}],
            },
        },
        "Other": {
            "Type": "AWS::SMSVOICE::PhoneNumber",
            "Properties": {
                "IsoCountryCode": "DE",
                "NumberType": "LONG_CODE",
                "NumberCapabilities": ["SMS"],
                "OptOutListName": {"Ref": "Quiet"},
                "MandatoryKeywords": {"HELP": {"Message": "Ask us"}, "STOP": {"Message": "Bye"}},
            },
        },
        "Pool": {
            "Type": "AWS::SMSVOICE::Pool",
            "Properties": {
                "OriginationIdentities": [{"Fn::GetAtt": ["Number", "Arn"]}],
                "OptOutListName": {"Ref": "Quiet"},
                "MandatoryKeywords": {"HELP": {"Message": "Pool"}, "STOP": {"Message": "Bye, pool"}},
                "TwoWay": {"Enabled": True, "ChannelArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:replies"},
            },
        },
        "Sender": {
            "Type": "AWS::SMSVOICE::SenderId",
            "Properties": {"SenderId": "STACK", "IsoCountryCode": "DE"},
        },
        "Set": {
            "Type": "AWS::SMSVOICE::ConfigurationSet",
            "Properties": {
                "EventDestinations": [
                    {
                        "EventDestinationName": "topic",
                        "Enabled": True,
                        "MatchingEventTypes": ["TEXT_ALL"],
                        "SnsDestination": {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:replies"},
                    }
                ]
            },
        },
    },
    "Outputs": {
        "Pool": {"Value": {"Ref": "Pool"}},
        "Number": {"Value": {"Ref": "Number"}},
        "E164": {"Value": {"Fn::GetAtt": ["Number", "PhoneNumber"]}},
        "Sender": {"Value": {"Fn::GetAtt": ["Sender", "Arn"]}},
        "Set": {"Value": {"Ref": "Set"}},
        "Quiet": {"Value": {"Ref": "Quiet"}},
    },
}


def test_a_stack_makes_changes_and_removes_what_it_describes(aws: EmbeddedAws, sms: Any) -> None:
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="phones", TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="phones", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    (stack,) = cloudformation.describe_stacks(StackName="phones")["Stacks"]
    made = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    (pool,) = sms.describe_pools(PoolIds=[made["Pool"]])["Pools"]
    assert (pool["TwoWayEnabled"], pool["OptOutListName"]) == (True, made["Quiet"])
    (number,) = sms.describe_phone_numbers(PhoneNumberIds=[made["Number"]])["PhoneNumbers"]
    assert (number["PhoneNumber"], number["PoolId"]) == (made["E164"], made["Pool"])
    words = sms.describe_keywords(OriginationIdentity=made["Number"])["Keywords"]
    assert {word["Keyword"]: word["KeywordMessage"] for word in words} == {
        "HELP": "Ask us",
        "STOP": "Bye",
        "JOIN": "Welcome",
    }
    assert made["Sender"] == f"{ARN}:sender-id/STACK/DE"

    changed = json.loads(json.dumps(TEMPLATE))
    pool_properties = changed["Resources"]["Pool"]["Properties"]
    pool_properties["OriginationIdentities"] = [{"Fn::GetAtt": ["Other", "Arn"]}]
    pool_properties["TwoWay"] = {"Enabled": False}
    del changed["Resources"]["Number"]["Properties"]["OptionalKeywords"]
    changed["Resources"]["Set"]["Properties"]["EventDestinations"] = []
    cloudformation.update_stack(StackName="phones", TemplateBody=json.dumps(changed))
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName="phones", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    members = sms.list_pool_origination_identities(PoolId=made["Pool"])["OriginationIdentities"]
    assert [member["IsoCountryCode"] for member in members] == ["DE"]
    words = sms.describe_keywords(OriginationIdentity=made["Number"])["Keywords"]
    assert {word["Keyword"] for word in words} == {"HELP", "STOP"}
    (found,) = sms.describe_configuration_sets(ConfigurationSetNames=[made["Set"]])["ConfigurationSets"]
    assert found["EventDestinations"] == []
    (pool,) = sms.describe_pools(PoolIds=[made["Pool"]])["Pools"]
    assert pool["TwoWayEnabled"] is False

    cloudformation.delete_stack(StackName="phones")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="phones", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    for call, member, name in (
        (sms.describe_pools, "PoolIds", "Pool"),
        (sms.describe_phone_numbers, "PhoneNumberIds", "Number"),
        (sms.describe_configuration_sets, "ConfigurationSetNames", "Set"),
        (sms.describe_opt_out_lists, "OptOutListNames", "Quiet"),
    ):
        answer = refusal(call, **{member: [made[name]]})
        assert answer["Error"]["Code"] == "ResourceNotFoundException"
