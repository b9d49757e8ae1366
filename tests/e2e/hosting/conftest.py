"""The stage as a plain embedded AWS, and what takes so long that it is begun with the folder's first test."""

from dataclasses import dataclass
from typing import Any

import pytest

from embedded.demo.stage import Stage
from tests.support.answers import hold_all
from tests.support.embedded_aws import ACCOUNT, REGION, EmbeddedAws, allow

DELIVERY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/pinpoint-engine-delivery-{REGION}"
TELL = """
import json, os, time
import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    told = {"campaign": event["CampaignId"], "endpoints": list(event["Endpoints"])}
    sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps(told))
    time.sleep(float(os.environ["SECONDS"]))
    return event["Endpoints"]
"""
# Longer than the 15 seconds that a hook has: its answer comes, and comes too late.
TOO_LONG = "17"


@dataclass(frozen=True)
class TwoCampaigns:
    """Two campaigns to the same two people.

    Attributes:
        application: Whose they are.
        with_slow_hook, without_hook: Their ids; the second was started while the first one's hook slept.
        asked: URL of the queue that hears of each further call of the hook.
        delivered: URL of the queue that hears of each call of the custom channel.
    """

    application: str
    with_slow_hook: str
    without_hook: str
    asked: str
    delivered: str


@pytest.fixture(scope="session")
def aws(hosted_stage: Stage) -> EmbeddedAws:
    return EmbeddedAws(int(hosted_stage.account.endpoint.rpartition(":")[2]))


@pytest.fixture(scope="session", autouse=True)
def campaigns(aws: EmbeddedAws) -> TwoCampaigns:
    """Started for every test of the folder, since the hook takes three times 15 seconds; one asks for it."""
    pinpoint = hold_all(aws.client("pinpoint"))
    application = pinpoint.create_app(CreateApplicationRequest={"Name": "slow"})["ApplicationResponse"]["Id"]
    segment = _two_people(pinpoint, application)
    asked, delivered = aws.queue("slow-hook-asked"), aws.queue("slow-hook-delivered")
    hook = _function(aws, "slow-hook", asked, seconds=TOO_LONG)
    channel = _function(aws, "slow-hook-channel", delivered, seconds="0")
    with_slow_hook = _started(
        pinpoint, application, segment, channel, Hook={"LambdaFunctionName": hook, "Mode": "FILTER"}
    )
    assert len(aws.receive(asked, 1)) == 1
    without_hook = _started(pinpoint, application, segment, channel)
    return TwoCampaigns(application, with_slow_hook, without_hook, asked, delivered)


def _two_people(pinpoint: Any, application: str) -> str:
    """A segment of two endpoints."""
    for name in ("one", "two"):
        pinpoint.update_endpoint(
            ApplicationId=application,
            EndpointId=name,
            EndpointRequest={"ChannelType": "CUSTOM", "Address": name, "Attributes": {"Topic": ["news"]}},
        )
    dimensions = {"Attributes": {"Topic": {"AttributeType": "INCLUSIVE", "Values": ["news"]}}}
    request = {"Name": "both", "Dimensions": dimensions}
    created = pinpoint.create_segment(ApplicationId=application, WriteSegmentRequest=request)
    return str(created["SegmentResponse"]["Id"])


def _function(aws: EmbeddedAws, name: str, told: str, *, seconds: str) -> str:
    """A function that tells a queue of each call, and that the engine may call."""
    role = aws.role(name, [allow("sqs:SendMessage")])
    variables = {"TOLD": told, "SECONDS": seconds}
    arn = aws.function(name, TELL, role, Environment={"Variables": variables}, Timeout=30)
    aws.client("lambda").add_permission(
        FunctionName=name, StatementId="engine", Action="lambda:InvokeFunction", Principal=DELIVERY_ROLE
    )
    return arn


def _started(pinpoint: Any, application: str, segment: str, channel: str, **more: Any) -> str:
    request = {
        "Name": "slow",
        "SegmentId": segment,
        "Schedule": {"StartTime": "IMMEDIATE"},
        "MessageConfiguration": {"CustomMessage": {"Data": "{}"}},
        "CustomDeliveryConfiguration": {"DeliveryUri": channel, "EndpointTypes": ["CUSTOM"]},
        **more,
    }
    created = pinpoint.create_campaign(ApplicationId=application, WriteCampaignRequest=request)
    return str(created["CampaignResponse"]["Id"])
