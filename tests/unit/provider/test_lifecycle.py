"""What CloudFormation is answered through the life of each kind of resource."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/events"
ROLE = "arn:aws:iam::123456789012:role/events"
EVENT_STREAM = {"DestinationStreamArn": STREAM, "RoleArn": ROLE}
SEGMENT = {
    "Name": "readers",
    "Dimensions": {"Attributes": {"Topic": {"AttributeType": "INCLUSIVE", "Values": ["news"]}}},
}


def campaign(app: str, segment: str) -> dict[str, Any]:
    return {
        "ApplicationId": app,
        "SegmentId": segment,
        "Name": "spring",
        "Schedule": {"StartTime": "IMMEDIATE", "TimeZone": "UTC", "IsLocalTime": False},
        "MessageConfiguration": {"CustomMessage": {"Data": "{}"}},
        "CustomDeliveryConfiguration": {"DeliveryUri": "deliver", "EndpointTypes": ["CUSTOM"]},
        "CampaignHook": {"LambdaFunctionName": "cap", "Mode": "FILTER"},
        "Limits": {"Daily": 3},
    }


@pytest.mark.parametrize("prefix", ["Custom::Pinpoint", "AWS::Pinpoint::"])
def test_an_app_has_its_id_as_reference_and_its_arn_as_attribute(
    cloudformation: Any, pinpoint: Any, prefix: str
) -> None:
    answer = cloudformation.make("App", {"Name": "Shop", "Tags": {"team": "a"}}, prefix=prefix)

    application = pinpoint.get_app(ApplicationId=answer["PhysicalResourceId"])["ApplicationResponse"]
    assert (application["Name"], application["tags"]) == ("Shop", {"team": "a"})
    assert answer["Data"] == {"Arn": application["Arn"], "Id": application["Id"]}


def test_another_name_replaces_an_app_and_other_tags_do_not(
    cloudformation: Any, pinpoint: Any, app: str
) -> None:
    tagged = cloudformation.ask(
        "Update",
        "App",
        {"Name": "a project", "Tags": [{"Key": "team", "Value": "b"}]},
        old={"Name": "a project", "Tags": {"owner": "a"}},
        physical_id=app,
    )
    assert tagged["PhysicalResourceId"] == app
    assert pinpoint.get_app(ApplicationId=app)["ApplicationResponse"]["tags"] == {"team": "b"}

    renamed = cloudformation.ask(
        "Update", "App", {"Name": "another"}, old={"Name": "a project"}, physical_id=app
    )
    assert renamed["Status"] == "SUCCESS"
    assert renamed["PhysicalResourceId"] != app


def test_settings_are_typed_again_and_what_the_template_drops_goes_back_to_nothing(
    cloudformation: Any, pinpoint: Any, app: str
) -> None:
    first = {
        "ApplicationId": app,
        "Limits": {"Daily": 5, "MessagesPerSecond": 50},
        "CampaignHook": {"LambdaFunctionName": "cap", "Mode": "FILTER"},
        "CloudWatchMetricsEnabled": True,
    }
    answer = cloudformation.make("ApplicationSettings", first)
    assert answer["PhysicalResourceId"] == app
    settings = pinpoint.get_application_settings(ApplicationId=app)["ApplicationSettingsResource"]
    assert settings["Limits"] == {"Daily": 5, "MessagesPerSecond": 50}
    assert settings["CampaignHook"]["LambdaFunctionName"] == "cap"

    cloudformation.ask(
        "Update",
        "ApplicationSettings",
        {"ApplicationId": app, "Limits": {"Daily": 5}},
        old=first,
        physical_id=app,
    )
    settings = pinpoint.get_application_settings(ApplicationId=app)["ApplicationSettingsResource"]
    assert settings["Limits"] == {"Daily": 5}
    assert not settings.get("CampaignHook")


def test_a_deleted_event_stream_is_gone_and_another_resource_of_the_same_app_keeps_its_own(
    cloudformation: Any, pinpoint: Any, app: str
) -> None:
    properties = {"ApplicationId": app, **EVENT_STREAM}
    cloudformation.make("EventStream", properties, logical_id="Old")
    # A new logical id: CloudFormation makes the new resource first, then deletes the old one.
    cloudformation.make("EventStream", properties, logical_id="New")
    cloudformation.ask("Delete", "EventStream", properties, physical_id=app, logical_id="Old")
    assert pinpoint.get_event_stream(ApplicationId=app)["EventStream"]["RoleArn"] == ROLE

    cloudformation.ask("Delete", "EventStream", properties, physical_id=app, logical_id="New")
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_event_stream(ApplicationId=app)


def test_an_email_channel_is_enabled_and_removed(cloudformation: Any, pinpoint: Any, app: str) -> None:
    properties = {
        "ApplicationId": app,
        "FromAddress": "News <news@example.com>",
        "Identity": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
        "Enabled": True,
    }
    cloudformation.make("EmailChannel", properties)
    channel = pinpoint.get_email_channel(ApplicationId=app)["EmailChannelResponse"]
    assert channel["Enabled"] is True

    cloudformation.ask("Delete", "EmailChannel", properties, physical_id=app)
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_email_channel(ApplicationId=app)


def test_phone_channels_are_enabled_changed_and_removed(cloudformation: Any, pinpoint: Any, app: str) -> None:
    cloudformation.make("SMSChannel", {"ApplicationId": app, "Enabled": True, "SenderId": "SHOP"})
    cloudformation.make("VoiceChannel", {"ApplicationId": app, "Enabled": False})
    channels = pinpoint.get_channels(ApplicationId=app)["ChannelsResponse"]["Channels"]
    assert {name: channel["Enabled"] for name, channel in channels.items()} == {"SMS": True, "VOICE": False}
    assert pinpoint.get_sms_channel(ApplicationId=app)["SMSChannelResponse"]["SenderId"] == "SHOP"

    for kind in ("SMSChannel", "VoiceChannel"):
        cloudformation.ask("Delete", kind, {"ApplicationId": app}, physical_id=app)
    assert pinpoint.get_channels(ApplicationId=app)["ChannelsResponse"]["Channels"] == {}


def test_an_sms_template_is_made_changed_and_what_the_stack_drops_is_emptied(
    cloudformation: Any, pinpoint: Any
) -> None:
    first = {"TemplateName": "hello", "Body": "Hi", "DefaultSubstitutions": "{}", "Tags": {"team": "a"}}
    answer = cloudformation.make("SmsTemplate", first)
    assert answer["PhysicalResourceId"] == "hello"
    assert answer["Data"]["Arn"].endswith(":templates/hello/SMS")

    second = {"TemplateName": "hello", "Body": "Bye", "Tags": {"team": "b"}}
    cloudformation.ask("Update", "SmsTemplate", second, old=first, physical_id="hello")
    template = pinpoint.get_sms_template(TemplateName="hello")["SMSTemplateResponse"]
    assert (template["Body"], template["DefaultSubstitutions"]) == ("Bye", "")
    arn = answer["Data"]["Arn"]
    assert pinpoint.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"] == {"team": "b"}

    cloudformation.ask("Delete", "SmsTemplate", second, physical_id="hello")
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_sms_template(TemplateName="hello")


def test_a_segment_and_a_campaign_give_their_ids_as_attributes(
    cloudformation: Any, pinpoint: Any, app: str
) -> None:
    segment = cloudformation.make("Segment", {"ApplicationId": app, **SEGMENT})["Data"]["SegmentId"]
    assert pinpoint.get_segment(ApplicationId=app, SegmentId=segment)["SegmentResponse"]["Name"] == "readers"

    made = cloudformation.make("Campaign", campaign(app, segment))
    assert set(made["Data"]) == {"Arn", "CampaignId"}
    found = pinpoint.get_campaign(ApplicationId=app, CampaignId=made["Data"]["CampaignId"])
    assert found["CampaignResponse"]["Hook"]["LambdaFunctionName"] == "cap"
    assert found["CampaignResponse"]["Schedule"]["Timezone"] == "UTC"
    assert found["CampaignResponse"]["Limits"] == {"Daily": 3}


def test_a_changed_campaign_that_is_sent_once_says_that_the_engine_cannot_update_it(
    cloudformation: Any, app: str
) -> None:
    segment = cloudformation.make("Segment", {"ApplicationId": app, **SEGMENT})["Data"]["SegmentId"]
    first = campaign(app, segment)
    made = cloudformation.make("Campaign", first)["PhysicalResourceId"]

    retagged = cloudformation.ask(
        "Update", "Campaign", {**first, "Tags": {"a": "b"}}, old=first, physical_id=made
    )
    assert retagged["Status"] == "SUCCESS"
    renamed = cloudformation.ask(
        "Update", "Campaign", {**first, "Name": "summer"}, old=first, physical_id=made
    )
    assert renamed["Status"] == "FAILED"
    assert "UpdateCampaign is not served by this engine yet" in renamed["Reason"]
    assert renamed["PhysicalResourceId"] == made


def test_a_campaign_for_events_is_typed_again_changed_and_made_once(
    cloudformation: Any, pinpoint: Any, app: str, world: Any
) -> None:
    segment = cloudformation.make("Segment", {"ApplicationId": app, **SEGMENT})["Data"]["SegmentId"]
    dimensions = {
        "EventType": {"DimensionType": "INCLUSIVE", "Values": ["shop.order"]},
        "Attributes": {"Shop": {"AttributeType": "INCLUSIVE", "Values": ["books"]}},
        "Metrics": {"Price": {"ComparisonOperator": "GREATER_THAN", "Value": 10}},
    }
    event_filter = {"FilterType": "ENDPOINT", "Dimensions": dimensions}
    schedule = {"StartTime": "IMMEDIATE", "Frequency": "EVENT", "EventFilter": event_filter}
    first = {**campaign(app, segment), "Schedule": {**schedule, "IsLocalTime": False}}
    made = cloudformation.make("Campaign", first, request_id="once")
    assert cloudformation.make("Campaign", first, request_id="once") == made
    campaign_id = made["Data"]["CampaignId"]

    def found() -> Any:
        return pinpoint.get_campaign(ApplicationId=app, CampaignId=campaign_id)["CampaignResponse"]

    assert found()["Schedule"] == first["Schedule"]
    assert found()["State"] == {"CampaignStatus": "EXECUTING"}
    assert world.messages("campaigns") == []

    changed = cloudformation.ask(
        "Update",
        "Campaign",
        {**first, "IsPaused": True},
        old=first,
        physical_id=made["PhysicalResourceId"],
    )
    assert changed["Status"] == "SUCCESS"
    assert found()["State"] == {"CampaignStatus": "PAUSED"}


def test_an_email_template_is_made_changed_and_replaced_by_name(cloudformation: Any, pinpoint: Any) -> None:
    first = {"TemplateName": "hello", "Subject": "Hi", "HtmlPart": "<p>hi</p>", "TextPart": "hi"}
    answer = cloudformation.make("EmailTemplate", first)
    assert answer["PhysicalResourceId"] == "hello"
    assert answer["Data"]["Arn"].endswith(":templates/hello/EMAIL")

    second = {"TemplateName": "hello", "Subject": "Hello", "TextPart": "hi"}
    cloudformation.ask("Update", "EmailTemplate", second, old=first, physical_id="hello")
    template = pinpoint.get_email_template(TemplateName="hello")["EmailTemplateResponse"]
    assert (template["Subject"], template.get("HtmlPart", "")) == ("Hello", "")

    moved = cloudformation.ask(
        "Update", "EmailTemplate", {**second, "TemplateName": "bye"}, old=second, physical_id="hello"
    )
    assert moved["PhysicalResourceId"] == "bye"


def test_a_repeated_request_makes_one_resource(cloudformation: Any, pinpoint: Any, world: Any) -> None:
    first = cloudformation.make("App", {"Name": "Shop"}, request_id="once")
    again = cloudformation.make("App", {"Name": "Shop"}, request_id="once")
    assert first == again
    assert len(pinpoint.get_apps()["ApplicationsResponse"]["Item"]) == 1

    app = first["PhysicalResourceId"]
    segment = cloudformation.make("Segment", {"ApplicationId": app, **SEGMENT}, request_id="two")
    assert segment == cloudformation.make("Segment", {"ApplicationId": app, **SEGMENT}, request_id="two")
    properties = campaign(app, segment["Data"]["SegmentId"])
    made = cloudformation.make("Campaign", properties, request_id="three")
    assert made == cloudformation.make("Campaign", properties, request_id="three")
    assert len(pinpoint.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"]) == 1
    plans = set(world.messages("campaigns"))
    assert len(plans) == 1, "the repeated plan is the same one"

    template = {"TemplateName": "hello", "Subject": "Hi", "TextPart": "hi"}
    made = cloudformation.make("EmailTemplate", template, request_id="four")
    assert made == cloudformation.make("EmailTemplate", template, request_id="four")


@pytest.mark.parametrize(
    ("kind", "physical_id"),
    [
        ("App", "0" * 32),
        ("ApplicationSettings", "0" * 32),
        ("EventStream", "0" * 32),
        ("EmailChannel", "0" * 32),
        ("SMSChannel", "0" * 32),
        ("VoiceChannel", "0" * 32),
        ("Segment", f"{'0' * 32}|{'1' * 32}"),
        ("Campaign", f"{'0' * 32}|{'1' * 32}"),
        ("EmailTemplate", "never"),
        ("SmsTemplate", "never"),
        ("Grant", "function|never"),
        ("App", "never-made:1"),
        ("Segment", "rubbish"),
        ("App", ""),
    ],
)
def test_deleting_what_never_was_is_a_success(cloudformation: Any, kind: str, physical_id: str) -> None:
    answer = cloudformation.ask("Delete", kind, {}, physical_id=physical_id)

    assert answer["Status"] == "SUCCESS", answer["Reason"]


def test_a_deletion_twice_is_a_success_twice(cloudformation: Any, pinpoint: Any, app: str) -> None:
    for _ in range(2):
        assert cloudformation.ask("Delete", "App", {}, physical_id=app)["Status"] == "SUCCESS"

    with pytest.raises(ClientError):
        pinpoint.get_app(ApplicationId=app)


def test_rolling_back_a_failed_creation_leaves_what_was_there(
    cloudformation: Any, pinpoint: Any, app: str
) -> None:
    cloudformation.make("EventStream", {"ApplicationId": app, **EVENT_STREAM}, logical_id="Good")
    wrong = {"ApplicationId": app, "DestinationStreamArn": "arn:aws:s3:::bucket", "RoleArn": ROLE}
    failed = cloudformation.ask("Create", "EventStream", wrong, logical_id="Bad")
    assert failed["Status"] == "FAILED"

    rolled_back = cloudformation.ask(
        "Delete", "EventStream", wrong, logical_id="Bad", physical_id=failed["PhysicalResourceId"]
    )

    assert rolled_back["Status"] == "SUCCESS"
    assert pinpoint.get_event_stream(ApplicationId=app)["EventStream"]["DestinationStreamArn"] == STREAM


def test_a_kind_that_the_engine_does_not_serve_is_refused_by_name(cloudformation: Any) -> None:
    answer = cloudformation.ask("Create", "GCMChannel", {"ApplicationId": "a"})

    assert answer["Status"] == "FAILED"
    assert "AWS::Pinpoint::GCMChannel is not served by this engine yet" in answer["Reason"]


def test_a_property_that_the_api_does_not_know_is_refused_by_name(cloudformation: Any, app: str) -> None:
    answer = cloudformation.ask("Create", "Segment", {"ApplicationId": app, "Name": "x", "Filter": "y"})

    assert answer["Status"] == "FAILED"
    assert "'Filter'" in answer["Reason"]


def test_a_value_of_the_wrong_type_is_refused_by_name(cloudformation: Any, app: str) -> None:
    answer = cloudformation.ask(
        "Create", "ApplicationSettings", {"ApplicationId": app, "Limits": {"Daily": "many"}}
    )

    assert answer["Status"] == "FAILED"
    assert "Limits.Daily must be a whole number" in answer["Reason"]
