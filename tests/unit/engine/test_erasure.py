"""What a deletion leaves behind goes in bounded steps, and only what belonged to it."""

import json
from typing import Any

from engine.campaigns.matching import trigger_campaigns
from engine.campaigns.trigger import trigger
from engine.endpoints.apply import apply_changes
from engine.endpoints.change import EndpointChange
from engine.erasure.work import erase
from engine.operations.documents import campaign_key
from engine.store import Add, Key, Put, ledger_key, member_key
from tests.support.engine_world import World


def fill(pinpoint: Any, world: World, app: str) -> None:
    """An application with something in every kind of partition."""
    changes = [
        EndpointChange(
            f"e{i}",
            {"Address": f"{i}@example.com", "ChannelType": "EMAIL", "User": {"UserId": f"u{i // 4}"}},
        )
        for i in range(20)
    ]
    apply_changes(world.context, app, changes)
    job = pinpoint.create_import_job(
        ApplicationId=app,
        ImportJobRequest={
            "Format": "CSV",
            "S3Url": "s3://bucket/x.csv",
            "RoleArn": "arn:aws:iam::123456789012:role/import",
            "RegisterEndpoints": True,
            "DefineSegment": True,
        },
    )["ImportJobResponse"]
    segment = pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "s", "Dimensions": {}})[
        "SegmentResponse"
    ]
    campaign_on(pinpoint, app, segment["Id"])
    activity = json.loads(world.messages("campaigns")[-1])["ActivityId"]
    trigger_campaign(pinpoint, world, app, segment["Id"])
    imported = job["Definition"]["SegmentId"]
    store = world.context.store
    store.put_all(
        [
            *(Put(member_key(app, imported, f"e{i}"), {"Channel": "EMAIL"}) for i in range(20)),
            *(Put(ledger_key(activity, "EMAIL", f"{i}@example.com"), {}) for i in range(20)),
            Put(Key(f"PIECES#{job['Id']}", "000001#000000"), {}, counters={"n": 1}),
            Put(Key(f"PIECES#{activity}", "PROGRESS"), {}),
        ]
    )
    store.write([Add(Key(f"PIECES#{job['Id']}", "000001#000000"), {"n": 1})])
    pinpoint.update_application_settings(
        ApplicationId=app, WriteApplicationSettingsRequest={"Limits": {"Daily": 1}}
    )


def trigger_campaign(pinpoint: Any, world: World, app: str, segment: str) -> None:
    """A campaign that has been sent for an event, and has a limit."""
    event_filter = {"FilterType": "ENDPOINT", "Dimensions": {"EventType": {"Values": ["order"]}}}
    schedule = {"StartTime": "IMMEDIATE", "Frequency": "EVENT", "EventFilter": event_filter}
    campaign_id = campaign_on(pinpoint, app, segment, schedule)
    event = {"EventType": "order", "Timestamp": "2026-11-24T12:00:00Z"}
    batch = {"e0": {"Endpoint": {}, "Events": {"1": event}}}
    pinpoint.put_events(ApplicationId=app, EventsRequest={"BatchItem": batch})
    for body in world.messages("stream"):
        trigger_campaigns(world.context, json.loads(body))
    for body in world.messages("campaigns"):
        trigger(world.context, json.loads(body))
    (sent,) = (json.loads(body) for body in world.messages("urgent"))
    entry = ledger_key(sent["ActivityId"], "EMAIL", "0@example.com")
    world.context.store.put_all([Put(entry, {}), Put(Key(f"TOTAL#{campaign_id}#007", "e0"), {"Runs": {}})])


def campaign_on(pinpoint: Any, app: str, segment: str, schedule: dict[str, Any] | None = None) -> str:
    """The id of a new campaign."""
    campaign = pinpoint.create_campaign(
        ApplicationId=app,
        WriteCampaignRequest={
            "Name": "c",
            "SegmentId": segment,
            "Schedule": schedule or {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"EmailMessage": {"Title": "t", "Body": "b"}},
        },
    )
    campaign_id: str = campaign["CampaignResponse"]["Id"]
    return campaign_id


def items(world: World) -> set[tuple[str, str]]:
    pages = world.dynamodb.get_paginator("scan").paginate(TableName="engine")
    return {(item["pk"]["S"], item["sk"]["S"]) for page in pages for item in page["Items"]}


def run_erasures(world: World, **how: int) -> int:
    """Work on the queue's erasures until it is empty; gives how many steps that took."""
    steps = 0
    while bodies := [json.loads(body) for body in world.messages("imports")]:
        for body in bodies:
            if body["Kind"] == "erase":
                erase(world.context, body, **how)
                steps += 1
    return steps


def deliver_at_once(world: World) -> None:
    """Queues of this test know no delay."""
    send = world.context.queues.send

    def send_now(queue: str, messages: Any, *, delay_seconds: int = 0) -> None:
        send(queue, messages)

    object.__setattr__(world.context.queues, "send", send_now)


def test_an_erased_application_leaves_nothing_and_its_neighbour_everything(
    pinpoint: Any, app: str, world: World
) -> None:
    deliver_at_once(world)
    neighbour = pinpoint.create_app(CreateApplicationRequest={"Name": "n"})["ApplicationResponse"]["Id"]
    fill(pinpoint, world, neighbour)
    kept = items(world)
    fill(pinpoint, world, app)
    assert len(items(world)) > len(kept) + 80

    pinpoint.delete_app(ApplicationId=app)
    steps = run_erasures(world, items=50)

    assert items(world) == kept - {("APPS", app)}
    assert steps >= 3


def test_a_deleted_segment_loses_its_members_and_keeps_the_endpoints(
    pinpoint: Any, app: str, world: World
) -> None:
    deliver_at_once(world)
    fill(pinpoint, world, app)
    segments = pinpoint.get_segments(ApplicationId=app)["SegmentsResponse"]["Item"]
    (imported,) = (segment["Id"] for segment in segments if segment["SegmentType"] == "IMPORT")

    pinpoint.delete_segment(ApplicationId=app, SegmentId=imported)
    run_erasures(world)

    assert not [pk for pk, _ in items(world) if imported in pk]
    assert len([pk for pk, _ in items(world) if pk.startswith(f"EP#{app}")]) == 20


def test_campaigns_on_a_deleted_segment_are_deleted_unless_they_have_completed(
    pinpoint: Any, app: str, world: World
) -> None:
    deliver_at_once(world)
    segments = [
        pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": name, "Dimensions": {}})
        for name in ("deleted", "kept")
    ]
    deleted, kept = (segment["SegmentResponse"]["Id"] for segment in segments)
    campaigns = [campaign_on(pinpoint, app, segment) for segment in (deleted, deleted, kept)]
    key = campaign_key(app, campaigns[1])
    completed = world.context.store.get(key)
    assert completed is not None
    world.context.store.put(Put(key, completed.doc | {"State": {"CampaignStatus": "COMPLETED"}}))

    pinpoint.delete_segment(ApplicationId=app, SegmentId=deleted)
    run_erasures(world)

    found = [pinpoint.get_campaign(ApplicationId=app, CampaignId=name) for name in campaigns]
    states = [each["CampaignResponse"]["State"]["CampaignStatus"] for each in found]
    assert states == ["DELETED", "COMPLETED", "SCHEDULED"]


def test_an_erasure_leaves_what_still_exists_alone(pinpoint: Any, app: str, world: World) -> None:
    fill(pinpoint, world, app)
    before = items(world)

    erase(world.context, {"Kind": "erase", "ApplicationId": app, "SegmentId": None})

    assert items(world) == before
