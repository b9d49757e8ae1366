"""Applications, their tags and their settings, through a real client."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.engine_world import ACCOUNT, REGION, World


def test_a_created_application_is_found_again_by_id_and_in_the_list(pinpoint: Any) -> None:
    created = pinpoint.create_app(CreateApplicationRequest={"Name": "Shop", "tags": {"team": "a"}})
    application = created["ApplicationResponse"]

    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert application["Arn"] == f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{application['Id']}"
    assert pinpoint.get_app(ApplicationId=application["Id"])["ApplicationResponse"] == application
    assert pinpoint.get_apps()["ApplicationsResponse"]["Item"] == [application]


def test_an_application_that_does_not_exist_is_not_found(pinpoint: Any) -> None:
    with pytest.raises(pinpoint.exceptions.NotFoundException) as caught:
        pinpoint.get_app(ApplicationId="f" * 32)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_pages_of_applications_hold_each_once(pinpoint: Any) -> None:
    made = {
        pinpoint.create_app(CreateApplicationRequest={"Name": f"app {i}"})["ApplicationResponse"]["Id"]
        for i in range(5)
    }

    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = pinpoint.get_apps(PageSize="2", **token)["ApplicationsResponse"]
        assert len(page["Item"]) <= 2
        seen += [item["Id"] for item in page["Item"]]
        if "NextToken" not in page:
            break
        token = {"Token": page["NextToken"]}

    assert len(seen) == 5
    assert set(seen) == made


@pytest.mark.parametrize("size", ["0", "-1", "two", "1001", "١"])
def test_a_page_size_that_is_no_number_in_range_is_refused(pinpoint: Any, size: str) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="PageSize must be a number"):
        pinpoint.get_apps(PageSize=size)


def test_a_token_that_was_changed_or_belongs_to_another_list_is_refused(pinpoint: Any, app: str) -> None:
    pinpoint.create_app(CreateApplicationRequest={"Name": "second"})
    token = pinpoint.get_apps(PageSize="1")["ApplicationsResponse"]["NextToken"]

    for wrong in (token[:-4] + "AAAA", "x", token + "="):
        with pytest.raises(pinpoint.exceptions.BadRequestException, match="token"):
            pinpoint.get_apps(PageSize="1", Token=wrong)
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="token"):
        pinpoint.get_segments(ApplicationId=app, Token=token)


def test_a_deleted_application_is_gone_and_its_erasure_is_asked_for(
    pinpoint: Any, app: str, world: World
) -> None:
    deleted = pinpoint.delete_app(ApplicationId=app)

    assert deleted["ApplicationResponse"]["Id"] == app
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_app(ApplicationId=app)
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.delete_app(ApplicationId=app)


def test_tags_are_added_listed_and_removed_by_arn(pinpoint: Any, app: str) -> None:
    arn = pinpoint.get_app(ApplicationId=app)["ApplicationResponse"]["Arn"]

    pinpoint.tag_resource(ResourceArn=arn, TagsModel={"tags": {"a": "1", "b & c": "2"}})
    assert pinpoint.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"] == {"a": "1", "b & c": "2"}

    pinpoint.untag_resource(ResourceArn=arn, TagKeys=["a", "b & c"])
    assert pinpoint.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"] == {}


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({f"k{i}": "" for i in range(51)}, "at most 50 tags"),
        ({"aws:x": "1"}, "reserved"),
        ({"k" * 129: "1"}, "1 to 128"),
        ({"k": "v" * 257}, "at most 256"),
    ],
)
def test_tags_that_aws_would_refuse_are_refused(pinpoint: Any, tags: dict[str, str], reason: str) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=reason):
        pinpoint.create_app(CreateApplicationRequest={"Name": "x", "tags": tags})


def test_settings_start_empty_and_a_member_sent_replaces_only_itself(pinpoint: Any, app: str) -> None:
    empty = pinpoint.get_application_settings(ApplicationId=app)["ApplicationSettingsResource"]
    assert set(empty) == {"ApplicationId", "LastModifiedDate"}

    pinpoint.update_application_settings(
        ApplicationId=app, WriteApplicationSettingsRequest={"Limits": {"Daily": 3, "Total": 9}}
    )
    pinpoint.update_application_settings(
        ApplicationId=app,
        WriteApplicationSettingsRequest={
            "CloudWatchMetricsEnabled": True,
            "QuietTime": {"Start": "22:00", "End": "06:30"},
            "CampaignHook": {"LambdaFunctionName": "my-hook", "Mode": "FILTER"},
        },
    )

    settings = pinpoint.get_application_settings(ApplicationId=app)["ApplicationSettingsResource"]
    assert settings["Limits"] == {"Daily": 3, "Total": 9}
    assert settings["QuietTime"] == {"Start": "22:00", "End": "06:30"}
    assert settings["CampaignHook"] == {"LambdaFunctionName": "my-hook", "Mode": "FILTER"}


@pytest.mark.parametrize(
    ("write", "status", "reason"),
    [
        ({"Limits": {"Daily": 101}}, 400, "Limits.Daily must be between 0 and 100"),
        ({"Limits": {"MaximumDuration": 59}}, 400, "MaximumDuration must be between 60"),
        ({"Limits": {"MessagesPerSecond": 20_001}}, 400, "between 1 and 20000"),
        ({"QuietTime": {"Start": "22:00"}}, 400, "Start and End"),
        ({"QuietTime": {"Start": "22:00", "End": "24:00"}}, 400, "HH:MM"),
        ({"CampaignHook": {"WebUrl": "https://example.com"}}, 501, "WebUrl is not served"),
        ({"CampaignHook": {"LambdaFunctionName": "no function"}}, 400, "name or ARN"),
        (
            {"CampaignHook": {"Mode": "SOMETIMES"}},
            400,
            "Mode must be one of DELIVERY, FILTER, got 'SOMETIMES'",
        ),
    ],
)
def test_settings_out_of_their_ranges_are_refused(
    pinpoint: Any, app: str, write: dict[str, Any], status: int, reason: str
) -> None:
    with pytest.raises(ClientError, match=reason) as caught:
        pinpoint.update_application_settings(ApplicationId=app, WriteApplicationSettingsRequest=write)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
