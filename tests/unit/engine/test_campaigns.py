"""Campaigns as they are asked for; targeting and delivery are the workers'."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.engine_world import World


@pytest.fixture
def segment(pinpoint: Any, app: str) -> str:
    answer = pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "all", "Dimensions": {}})
    segment_id: str = answer["SegmentResponse"]["Id"]
    return segment_id


def campaign(segment: str, **changes: Any) -> dict[str, Any]:
    return {
        "Name": "spring",
        "SegmentId": segment,
        "Schedule": {"StartTime": "IMMEDIATE"},
        "MessageConfiguration": {"EmailMessage": {"Title": "t", "Body": "b", "FromAddress": "a@example.com"}},
    } | changes


def test_a_campaign_is_created_with_its_run_and_asks_for_its_plan(
    pinpoint: Any, app: str, segment: str, world: World
) -> None:
    answer = pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=campaign(segment))
    created = answer["CampaignResponse"]

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert created["State"] == {"CampaignStatus": "SCHEDULED"}
    assert (created["SegmentId"], created["SegmentVersion"]) == (segment, 1)
    assert pinpoint.get_campaign(ApplicationId=app, CampaignId=created["Id"])["CampaignResponse"] == created
    assert pinpoint.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"] == [created]
    version = pinpoint.get_campaign_version(ApplicationId=app, CampaignId=created["Id"], Version="1")
    assert version["CampaignResponse"] == created
    versions = pinpoint.get_campaign_versions(ApplicationId=app, CampaignId=created["Id"])
    assert versions["CampaignsResponse"]["Item"] == [created]
    activities = pinpoint.get_campaign_activities(ApplicationId=app, CampaignId=created["Id"])
    (activity,) = activities["ActivitiesResponse"]["Item"]
    assert (activity["State"], activity["TreatmentId"]) == ("PENDING", "0")
    (message,) = world.messages("campaigns")
    assert json.loads(message) == {
        "Kind": "plan",
        "ApplicationId": app,
        "CampaignId": created["Id"],
        "ActivityId": activity["Id"],
    }


def test_a_deleted_campaign_is_gone(pinpoint: Any, app: str, segment: str) -> None:
    answer = pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=campaign(segment))
    campaign_id = answer["CampaignResponse"]["Id"]

    deleted = pinpoint.delete_campaign(ApplicationId=app, CampaignId=campaign_id)["CampaignResponse"]

    assert deleted["State"] == {"CampaignStatus": "DELETED"}
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_campaign(ApplicationId=app, CampaignId=campaign_id)


@pytest.mark.parametrize(
    "uri",
    [
        "my-function",
        "arn:aws:lambda:us-east-1:123456789012:function:my-function",
        "arn:aws:lambda:us-east-1:123456789012:function:my-function:live",
    ],
)
def test_a_custom_message_goes_to_a_function(pinpoint: Any, app: str, segment: str, uri: str) -> None:
    write = campaign(
        segment,
        MessageConfiguration={"CustomMessage": {"Data": "{}"}},
        CustomDeliveryConfiguration={"DeliveryUri": uri, "EndpointTypes": ["CUSTOM"]},
    )

    created = pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=write)["CampaignResponse"]
    assert created["CustomDeliveryConfiguration"]["DeliveryUri"] == uri


def custom(**delivery: Any) -> dict[str, Any]:
    return {
        "MessageConfiguration": {"CustomMessage": {"Data": "{}"}},
        "CustomDeliveryConfiguration": {"DeliveryUri": "f", **delivery},
    }


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"Name": ""}, 400, "Name is required"),
        ({"SegmentId": "f" * 32}, 404, "no segment has the id"),
        ({"SegmentVersion": 2}, 404, "no version '2'"),
        ({"Schedule": {"StartTime": "2030-01-01T00:00:00Z"}}, 501, "serves IMMEDIATE only"),
        ({"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "DAILY"}}, 501, "EVENT only, got DAILY"),
        ({"Schedule": {"StartTime": "IMMEDIATE", "QuietTime": {"Start": "9", "End": "10:00"}}}, 400, "HH:MM"),
        ({"AdditionalTreatments": [{"SizePercent": 10}]}, 501, "AdditionalTreatments is not served"),
        ({"IsPaused": True}, 400, "cannot be paused"),
        ({"HoldoutPercent": 101}, 400, "between 0 and 100"),
        ({"Limits": {"Total": 101}}, 400, "Limits.Total must be between"),
        ({"Hook": {"LambdaFunctionName": "a b"}}, 400, "Hook.LambdaFunctionName must be"),
        ({"MessageConfiguration": {}}, 400, "needs a MessageConfiguration"),
        ({"MessageConfiguration": {"ADMMessage": {"Body": "b"}}}, 501, "ADMMessage is not served"),
        ({"TemplateConfiguration": {"PushTemplate": {"Name": "t"}}}, 501, "PushTemplate is not served"),
        (
            {"TemplateConfiguration": {"EmailTemplate": {"Name": "t"}}},
            404,
            "no e-mail template has the name 't'",
        ),
        ({"MessageConfiguration": {"CustomMessage": {"Data": "x"}}}, 400, "only allowed together"),
        (custom(DeliveryUri="http://example.com"), 400, "DeliveryUri must be"),
        (custom(DeliveryUri="ftp://example.com"), 400, "DeliveryUri must be"),
        (custom(EndpointTypes=["PIGEON"]), 400, "EndpointTypes.0. must be one of"),
        (
            custom() | {"MessageConfiguration": {"CustomMessage": {"Data": "x" * 5121}}},
            400,
            "at most 5120 bytes, got 5121",
        ),
    ],
)
def test_what_could_not_be_sent_is_refused_at_once(
    pinpoint: Any, app: str, segment: str, world: World, changes: dict[str, Any], status: int, reason: str
) -> None:
    with pytest.raises(ClientError, match=reason) as caught:
        pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=campaign(segment, **changes))

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert world.messages("campaigns") == []
