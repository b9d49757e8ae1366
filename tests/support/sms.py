"""Numbers, handsets and topics for the tests of text messages on the embedded AWS."""

import json
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.embedded_aws import ACCOUNT, REGION, EmbeddedAws, policy, queue_arn
from tests.support.handsets import messages


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
    return messages(aws.endpoint, handset=number, **narrowed)


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
