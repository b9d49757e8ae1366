"""Text messages: the API under IAM, the handsets, the reports, and replies."""

import json
import urllib.parse
import urllib.request
from typing import Any

import boto3
import pytest
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
    return boto3.client(
        "pinpoint-sms-voice-v2",
        endpoint_url=aws.endpoint,
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def reports_queue(aws: EmbeddedAws, name: str, context: str) -> str:
    """A queue that gets EventBridge's reports of messages with a context."""
    events = aws.client("events")
    pattern = {"source": ["aws.sms-voice"], "detail": {"context": {"run": [context]}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    url = aws.queue(name)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn(name),
    }
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy([statement])})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue_arn(name)}])
    return url


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


def test_an_operation_that_is_not_served_says_so_by_its_name(sms: Any) -> None:
    answer = refusal(sms.describe_spend_limits)
    assert answer["Reason"] == "UNKNOWN_OPERATION"
    assert "DescribeSpendLimits is not served" in answer["Error"]["Message"]
