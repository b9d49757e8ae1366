"""Campaigns in response to events as they are asked for: what a schedule may say, and how it is changed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from engine.operations.documents import event_campaigns_key
from engine.store import Put
from tests.support.engine_world import World

DIMENSIONS = {
    "EventType": {"DimensionType": "INCLUSIVE", "Values": ["shop.order"]},
    "Attributes": {"shop": {"AttributeType": "BETWEEN", "Values": ["2026-01-01", "2026-02-01"]}},
    "Metrics": {"price": {"ComparisonOperator": "GREATER_THAN_OR_EQUAL", "Value": 9.5}},
}
SCHEDULE = {
    "StartTime": "2026-11-25T00:00:00Z",
    "EndTime": "2026-12-01T00:00:00.000Z",
    "Frequency": "EVENT",
    "IsLocalTime": False,
    "Timezone": "UTC",
    "QuietTime": {"Start": "22:00", "End": "07:00"},
    "EventFilter": {"FilterType": "ENDPOINT", "Dimensions": DIMENSIONS},
}


@pytest.fixture
def segment(pinpoint: Any, app: str) -> str:
    answer = pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "all", "Dimensions": {}})
    segment_id: str = answer["SegmentResponse"]["Id"]
    return segment_id


def campaign(segment: str, **schedule: Any) -> dict[str, Any]:
    return {
        "Name": "orders",
        "SegmentId": segment,
        "Schedule": {name: value for name, value in {**SCHEDULE, **schedule}.items() if value is not None},
        "MessageConfiguration": {"EmailMessage": {"Title": "t", "Body": "b", "FromAddress": "a@example.com"}},
    }


def filtered(**dimensions: Any) -> dict[str, Any]:
    return {"EventFilter": {"FilterType": "SYSTEM", "Dimensions": dimensions}}


def create(pinpoint: Any, app: str, write: dict[str, Any]) -> dict[str, Any]:
    created: dict[str, Any] = pinpoint.create_campaign(ApplicationId=app, WriteCampaignRequest=write)[
        "CampaignResponse"
    ]
    return created


def test_a_schedule_is_shown_as_it_was_sent_and_no_run_is_planned(
    pinpoint: Any, app: str, segment: str, world: World
) -> None:
    created = create(pinpoint, app, campaign(segment))

    assert (created["Schedule"], created["State"]) == (SCHEDULE, {"CampaignStatus": "SCHEDULED"})
    assert pinpoint.get_campaign(ApplicationId=app, CampaignId=created["Id"])["CampaignResponse"] == created
    assert pinpoint.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"] == [created]
    answer = pinpoint.get_campaign_activities(ApplicationId=app, CampaignId=created["Id"])
    assert answer["ActivitiesResponse"]["Item"] == []
    assert world.messages("campaigns") == []


@pytest.mark.parametrize(
    ("schedule", "status", "reason"),
    [
        ({"EventFilter": None}, 400, "EventFilter is required with the Frequency EVENT"),
        ({"Frequency": "ONCE", "StartTime": "IMMEDIATE"}, 400, "only allowed with the Frequency EVENT"),
        ({"Frequency": "IN_APP_EVENT"}, 501, "ONCE and EVENT only, got IN_APP_EVENT"),
        ({"StartTime": "tomorrow"}, 400, "StartTime must be IMMEDIATE or a time such as"),
        ({"EndTime": "2026-13-01T00:00:00Z"}, 400, "EndTime must be a time such as"),
        ({"EndTime": "2026-11-25T00:00:00Z"}, 400, "EndTime must be later than now"),
        ({"StartTime": "2020-01-01T00:00:00Z", "EndTime": "2021-01-01T00:00:00Z"}, 400, "later than now"),
        ({"IsLocalTime": True}, 501, "IsLocalTime is not served"),
        ({"QuietTime": {"Start": "9", "End": "10:00"}}, 400, "HH:MM"),
        (filtered(EventType={"Values": []}), 400, "EventType.Values must not be empty"),
        (filtered(Attributes={"a": {"Values": []}}), 400, "Attributes.a.Values must not be empty"),
        (
            filtered(Attributes={"a": {"AttributeType": "ON", "Values": ["x"]}}),
            400,
            "must be ISO 8601 for ON",
        ),
        (
            filtered(Attributes={"a": {"AttributeType": "BETWEEN", "Values": ["2026-01-01"]}}),
            400,
            "must have 2 for BETWEEN, got 1",
        ),
        (
            filtered(Metrics={"m": {"ComparisonOperator": "LIKE", "Value": 1.0}}),
            400,
            "Metrics.m.ComparisonOperator must be one of",
        ),
        (
            {"EventFilter": {"FilterType": "OTHER", "Dimensions": DIMENSIONS}},
            400,
            "FilterType must be one of",
        ),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_with_the_member(
    pinpoint: Any, app: str, segment: str, schedule: dict[str, Any], status: int, reason: str
) -> None:
    with pytest.raises(ClientError, match=reason) as caught:
        create(pinpoint, app, campaign(segment, **schedule))

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert pinpoint.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"] == []


def test_an_empty_end_is_none(pinpoint: Any, app: str, segment: str, world: World) -> None:
    created = create(pinpoint, app, campaign(segment, EndTime=""))
    world.clock.advance(days=100)

    shown = pinpoint.get_campaign(ApplicationId=app, CampaignId=created["Id"])["CampaignResponse"]
    assert shown["State"] == {"CampaignStatus": "EXECUTING"}


def test_an_imported_segment_is_refused(pinpoint: Any, app: str, world: World) -> None:
    definition = {
        "Format": "CSV",
        "S3Url": "s3://bucket/x.csv",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
    }
    job = pinpoint.create_import_job(
        ApplicationId=app, ImportJobRequest={**definition, "DefineSegment": True, "RegisterEndpoints": True}
    )
    segment = job["ImportJobResponse"]["Definition"]["SegmentId"]
    store = world.context.store
    (item,) = store.query(f"SEGMENTS#{app}")
    store.put(Put(item.key, {**item.doc, "_": {**item.doc["_"], "Status": "READY"}}))

    with pytest.raises(pinpoint.exceptions.BadRequestException, match="must name a dynamic segment"):
        create(pinpoint, app, campaign(segment))


def test_an_application_has_at_most_twenty_five_event_campaigns_at_a_time(
    pinpoint: Any, app: str, segment: str
) -> None:
    made = [create(pinpoint, app, campaign(segment))["Id"] for _ in range(25)]
    with pytest.raises(pinpoint.exceptions.BadRequestException, match="at most 25 campaigns"):
        create(pinpoint, app, campaign(segment))

    pinpoint.delete_campaign(ApplicationId=app, CampaignId=made[0])

    assert create(pinpoint, app, campaign(segment))["Id"] not in made


def test_two_campaigns_created_at_once_both_get_their_place(
    pinpoint: Any, app: str, segment: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = world.context.store
    key = event_campaigns_key(app)
    read = store.get

    def read_before_another_writes(wanted: Any) -> Any:
        found = read(wanted)
        if wanted == key and found is None:
            monkeypatch.undo()
            create(pinpoint, app, campaign(segment))
        return found

    monkeypatch.setattr(store, "get", read_before_another_writes)
    create(pinpoint, app, campaign(segment))

    listed = store.get(key)
    assert listed is not None
    campaigns = pinpoint.get_campaigns(ApplicationId=app)["CampaignsResponse"]["Item"]
    assert sorted(listed.doc["Ids"]) == sorted(each["Id"] for each in campaigns)
    assert len(campaigns) == 2


def update(pinpoint: Any, app: str, campaign_id: str, write: dict[str, Any]) -> dict[str, Any]:
    answer = pinpoint.update_campaign(ApplicationId=app, CampaignId=campaign_id, WriteCampaignRequest=write)
    updated: dict[str, Any] = answer["CampaignResponse"]
    return updated


def test_a_whole_definition_replaces_the_former_one_and_makes_a_version(
    pinpoint: Any, app: str, segment: str
) -> None:
    first = create(
        pinpoint, app, {**campaign(segment), "Description": "d", "IsPaused": True, "tags": {"a": "b"}}
    )
    assert first["State"] == {"CampaignStatus": "PAUSED"}

    changed = update(pinpoint, app, first["Id"], {**campaign(segment, EndTime=None), "Name": "other"})

    assert (changed["Name"], changed["Version"], changed["IsPaused"]) == ("other", 2, False)
    assert not {"Description"} & set(changed)
    assert "EndTime" not in changed["Schedule"]
    assert {name: changed[name] for name in ("Arn", "CreationDate", "tags")} == {
        name: first[name] for name in ("Arn", "CreationDate", "tags")
    }
    old = pinpoint.get_campaign_version(ApplicationId=app, CampaignId=first["Id"], Version="1")
    assert old["CampaignResponse"]["Name"] == "orders"


def test_an_update_is_held_to_the_rules_of_a_creation(pinpoint: Any, app: str, segment: str) -> None:
    created = create(pinpoint, app, campaign(segment))
    once = {**campaign(segment), "Schedule": {"StartTime": "IMMEDIATE"}}

    for write, reason in (
        ({"Name": "other"}, "SegmentId is required"),
        (campaign(segment, EventFilter=None), "EventFilter is required"),
        (once, "Frequency must stay EVENT"),
    ):
        with pytest.raises(pinpoint.exceptions.BadRequestException, match=reason):
            update(pinpoint, app, created["Id"], write)

    assert pinpoint.get_campaign(ApplicationId=app, CampaignId=created["Id"])["CampaignResponse"] == created


def test_a_campaign_that_has_ended_is_not_changed_any_more(
    pinpoint: Any, app: str, segment: str, world: World
) -> None:
    created = create(pinpoint, app, campaign(segment))
    world.clock.advance(days=8)

    with pytest.raises(pinpoint.exceptions.BadRequestException, match="has ended"):
        update(pinpoint, app, created["Id"], {"IsPaused": True})


def test_a_campaign_that_is_sent_once_cannot_be_updated_yet(pinpoint: Any, app: str, segment: str) -> None:
    once = {**campaign(segment), "Schedule": {"StartTime": "IMMEDIATE"}}
    created = create(pinpoint, app, once)

    with pytest.raises(ClientError, match="UpdateCampaign is not served by this engine yet"):
        update(pinpoint, app, created["Id"], once)
