"""One application cannot borrow what belongs to another, on the engine that stacks are hosted on."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from embedded.demo.stage import Stage
from tests.e2e.hosting.conftest import DELIVERY_ROLE
from tests.support.answers import hold_all
from tests.support.embedded_aws import ACCOUNT, REGION, EmbeddedAws

pytestmark = pytest.mark.e2e

PROBE = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        boto3.client("sts").assume_role(
            RoleArn=event["role"], RoleSessionName="probe", ExternalId=event["external_id"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "assumed"
"""


@pytest.fixture(scope="module")
def assume(aws: EmbeddedAws) -> Iterator[Callable[[str, str], str]]:
    """Assumes a role as the engine's delivery role does."""
    name = "delivery-role-probe"
    aws.function(name, PROBE, DELIVERY_ROLE)

    def call(role: str, application: str) -> str:
        external_id = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{application}"
        payload = json.dumps({"role": role, "external_id": external_id})
        answer: str = json.load(aws.client("lambda").invoke(FunctionName=name, Payload=payload)["Payload"])
        return answer

    yield call
    aws.client("lambda").delete_function(FunctionName=name)


@pytest.fixture(scope="module")
def own(hosted_stage: Stage) -> str:
    return str(hosted_stage.account.output("Project", "ApplicationId"))


@pytest.fixture(scope="module")
def pinpoint(aws: EmbeddedAws) -> Any:
    """A client whose every answer is held against the model."""
    return hold_all(aws.client("pinpoint"))


@pytest.fixture
def other(pinpoint: Any) -> Iterator[str]:
    """A second application."""
    made = pinpoint.create_app(CreateApplicationRequest={"Name": "another"})["ApplicationResponse"]["Id"]
    yield made
    pinpoint.delete_app(ApplicationId=made)


def test_another_application_cannot_use_the_role_of_an_event_stream(
    pinpoint: Any, assume: Callable[[str, str], str], own: str, other: str
) -> None:
    role = pinpoint.get_event_stream(ApplicationId=own)["EventStream"]["RoleArn"]

    assert assume(role, own) == "assumed"
    assert assume(role, other) == "AccessDenied"


def test_a_role_that_trusts_the_engine_is_assumed_only_once_it_is_tagged(
    aws: EmbeddedAws, assume: Callable[[str, str], str], own: str
) -> None:
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": DELIVERY_ROLE}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="untagged",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]

    assert assume(role, own) == "AccessDenied"

    iam.tag_role(RoleName="untagged", Tags=[{"Key": "pinpoint-engine:hosted", "Value": "true"}])
    assert assume(role, own) == "assumed"
    iam.delete_role(RoleName="untagged")


def test_another_application_cannot_have_the_hook_of_this_one_called(
    hosted_stage: Stage, pinpoint: Any, other: str
) -> None:
    hook = hosted_stage.account.output("CampaignHooks", "FrequencyCapFunctionArn")
    pinpoint.update_endpoint(
        ApplicationId=other,
        EndpointId="e",
        EndpointRequest={"ChannelType": "CUSTOM", "Address": "somewhere", "Attributes": {"Topic": ["news"]}},
    )
    dimensions = {"Attributes": {"Topic": {"AttributeType": "INCLUSIVE", "Values": ["news"]}}}
    segment = pinpoint.create_segment(
        ApplicationId=other, WriteSegmentRequest={"Name": "all", "Dimensions": dimensions}
    )["SegmentResponse"]["Id"]
    campaign = pinpoint.create_campaign(
        ApplicationId=other,
        WriteCampaignRequest={
            "Name": "borrowed",
            "SegmentId": segment,
            "Schedule": {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"CustomMessage": {"Data": "{}"}},
            "CustomDeliveryConfiguration": {"DeliveryUri": hook, "EndpointTypes": ["CUSTOM"]},
            "Hook": {"LambdaFunctionName": hook, "Mode": "FILTER"},
        },
    )["CampaignResponse"]["Id"]

    activity = _ended(pinpoint, other, campaign)

    assert activity.get("SuccessfulEndpointCount", 0) == 0
    assert "HOOK_FAILURE" in json.dumps(activity.get("ExecutionMetrics", {})), activity


def _ended(pinpoint: Any, application: str, campaign: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        answer = pinpoint.get_campaign_activities(ApplicationId=application, CampaignId=campaign)
        (activity,) = answer["ActivitiesResponse"]["Item"]
        if activity["State"] in ("COMPLETED", "CANCELLED") or time.monotonic() > deadline:
            found: dict[str, Any] = activity
            return found
        time.sleep(0.5)
