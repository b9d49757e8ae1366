"""Campaigns that events set off: who is sent to, for which event, and never twice for one."""

import json
from typing import Any

import pytest

from engine.campaigns import matching
from engine.context import Context
from engine.store import Document
from tests.support.engine_events import (
    ORDERED,
    activities,
    counted,
    dynamic_segment,
    event_schedule,
    on_the_clock,
    put_events,
    start_event_campaign,
    status,
)
from tests.support.engine_works import EMAIL, Works, inboxes

GOLD = {"Attributes": {"Plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}


def sent(works: Works) -> list[str]:
    return sorted(works.functions.seen_by("channel"))


def test_an_event_sends_to_its_endpoint_and_to_nobody_else(works: Works) -> None:
    inboxes(works, 2)
    campaign = start_event_campaign(works)

    put_events(works, "buyer")
    works.run()

    assert sent(works) == ["buyer"]
    (activity,) = activities(works, campaign)
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "SUCCESS")
    assert (activity["TotalEndpointCount"], activity["SuccessfulEndpointCount"]) == (1, 1)
    assert works.statuses() == {"buyer": "SUCCESS"}
    assert status(works, campaign) == "EXECUTING"


def test_an_application_without_event_campaigns_looks_once_for_many_events(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    look = matching.event_campaigns

    def counted_look(context: Context, application_id: str) -> list[Document]:
        looks.append(application_id)
        return look(context, application_id)

    monkeypatch.setattr(matching, "event_campaigns", counted_look)

    for number in range(20):
        put_events(works, "buyer", event_id=f"event-{number}")
    works.run()

    assert looks == [works.app]
    assert "campaigns" not in {queue for queue, _ in works.pump.handled}


def test_a_new_campaign_takes_events_once_the_former_list_is_two_seconds_old(works: Works) -> None:
    works = on_the_clock(works)
    put_events(works, "buyer", event_id="before")
    works.run()
    start_event_campaign(works)
    works.world.clock.advance(seconds=2)

    put_events(works, "buyer", event_id="after")
    works.run()

    assert sent(works) == ["buyer"]


def test_only_events_that_fit_the_whole_filter_send(works: Works) -> None:
    dimensions = {
        **ORDERED,
        "Attributes": {
            "shop": {"AttributeType": "INCLUSIVE", "Values": ["books", "music"]},
            "coupon": {"AttributeType": "CONTAINS", "Values": ["spring"]},
        },
        "Metrics": {"price": {"ComparisonOperator": "GREATER_THAN", "Value": 10.0}},
    }
    start_event_campaign(works, event_schedule(dimensions))
    fits: dict[str, Any] = {
        "Attributes": {"shop": "books", "coupon": "late-spring"},
        "Metrics": {"price": 11.0},
    }

    put_events(works, "fits", **fits)
    put_events(works, "fits-too", **fits | {"Attributes": {"shop": "music", "coupon": "spring"}})
    put_events(works, "other-type", **fits, EventType="shop.visit")
    put_events(works, "other-shop", **fits | {"Attributes": {"shop": "toys", "coupon": "spring"}})
    put_events(works, "no-coupon", **fits | {"Attributes": {"shop": "books"}})
    put_events(works, "too-cheap", **fits | {"Metrics": {"price": 10.0}})
    put_events(works, "no-price", Attributes=fits["Attributes"])
    works.run()

    assert sent(works) == ["fits", "fits-too"]


def test_two_events_of_one_endpoint_in_one_request_are_two_messages_with_activities_of_their_own(
    works: Works,
) -> None:
    campaign = start_event_campaign(works)
    event = {"EventType": "shop.order", "Timestamp": "2026-11-24T12:00:00.000Z"}
    endpoint = {"ChannelType": "CUSTOM", "Address": "a"}
    items = {"buyer": {"Endpoint": endpoint, "Events": {"one": event, "two": event}}}

    works.pinpoint.put_events(ApplicationId=works.app, EventsRequest={"BatchItem": items})
    works.run()

    assert sent(works) == ["buyer", "buyer"]
    told = {call["ActivityId"] for _, call in works.functions.calls}
    assert told == {activity["Id"] for activity in activities(works, campaign)}
    assert len(told) == 2


def test_the_events_of_one_request_travel_fifty_a_batch(works: Works) -> None:
    campaign = start_event_campaign(works)

    put_events(works, *(f"buyer-{number}" for number in range(70)))
    works.run()

    assert sorted(len(call["Endpoints"]) for _, call in works.functions.calls) == [20, 50]
    assert counted(works, campaign) == {"Status.SUCCESS": 70}


def test_a_batch_of_events_does_not_stand_behind_a_campaign_to_everybody(works: Works) -> None:
    everybody = works.start_campaign(inboxes(works, 2))["Id"]
    started = start_event_campaign(works)

    put_events(works, "buyer")
    works.run()

    queues = {body["CampaignId"]: queue for queue, body in works.pump.handled if "Batch" in body}
    assert queues == {everybody: "deliveries", started: "urgent"}


def test_an_endpoint_must_be_in_the_segment_at_the_moment_of_the_event(works: Works) -> None:
    campaign = start_event_campaign(works, segment_id=dynamic_segment(works, **GOLD))

    put_events(works, "tin", Endpoint={"Attributes": {"Plan": ["tin"]}})
    put_events(works, "gold", Endpoint={"Attributes": {"Plan": ["gold"]}})
    works.run()

    assert sent(works) == ["gold"]
    assert len(activities(works, campaign)) == 1


def test_a_dynamic_segment_may_be_made_of_an_imported_one(works: Works) -> None:
    imported = inboxes(works, 1)
    groups = {"Include": "ALL", "Groups": [{"SourceSegments": [{"Id": imported}], "Type": "ALL"}]}
    answer = works.pinpoint.create_segment(
        ApplicationId=works.app, WriteSegmentRequest={"Name": "some", "SegmentGroups": groups}
    )
    start_event_campaign(works, segment_id=answer["SegmentResponse"]["Id"])

    put_events(works, "id-0", "stranger")
    works.run()

    assert sent(works) == ["id-0"]


def test_who_may_not_be_sent_to_is_counted_by_reason(works: Works) -> None:
    campaign = start_event_campaign(works)

    put_events(works, "out", Endpoint={"OptOut": "ALL"})
    put_events(works, "asleep", Endpoint={"EndpointStatus": "INACTIVE"})
    put_events(works, "mail", Endpoint={"ChannelType": "EMAIL", "Address": "a@example.com"})
    works.run()

    assert works.functions.calls == []
    assert counted(works, campaign) == {"LeftOut.OPT_OUT": 1, "LeftOut.INACTIVE": 1, "LeftOut.CHANNEL": 1}
    assert {activity["State"] for activity in activities(works, campaign)} == {"COMPLETED"}


def test_cohorts_that_are_held_out_only_get_an_event(works: Works) -> None:
    campaign = start_event_campaign(works, HoldoutPercent=50)
    names = [f"buyer-{number}" for number in range(40)]

    put_events(works, *names)
    works.run()

    counts = counted(works, campaign)
    assert set(counts) == {"LeftOut.HOLDOUT", "Status.SUCCESS"}
    assert sum(counts.values()) == 40
    assert sorted(name for name, state in works.statuses().items() if state == "SUCCESS") == sent(works)


def test_what_is_not_delivered_within_five_minutes_is_dropped_as_expired(works: Works) -> None:
    campaign = start_event_campaign(works)
    put_events(works, "late")
    works.world.clock.advance(minutes=5)

    works.run()

    assert works.functions.calls == []
    assert counted(works, campaign) == {"Status.EXPIRED": 1}
    assert works.statuses() == {"late": "EXPIRED"}


def test_a_daily_limit_holds_over_all_events_of_an_endpoint(works: Works) -> None:
    campaign = start_event_campaign(works, Limits={"Daily": 2})

    for number in range(3):
        put_events(works, "buyer", event_id=f"event-{number}")
        works.run()

    assert counted(works, campaign) == {"Status.SUCCESS": 2, "Status.DAILY_CAP": 1}


def test_the_total_limit_holds_for_as_long_as_the_campaign(works: Works) -> None:
    campaign = start_event_campaign(works, Limits={"Total": 2})

    for number in range(4):
        put_events(works, "buyer", event_id=f"event-{number}")
        works.run()
        works.world.clock.advance(days=2)
    put_events(works, "other")
    works.run(copies=2)

    assert counted(works, campaign) == {"Status.SUCCESS": 3, "Status.CAMPAIGN_CAP": 2}
    assert sent(works) == ["buyer", "buyer", "other"]


def test_a_hook_decides_on_the_endpoints_of_events_too(works: Works) -> None:
    works.functions.named["hook"] = lambda event: {
        name: endpoint for name, endpoint in event["Endpoints"].items() if name != "no"
    }
    campaign = start_event_campaign(works, Hook={"LambdaFunctionName": "hook", "Mode": "FILTER"})

    put_events(works, "yes", "no")
    works.run()

    assert sent(works) == ["yes"]
    assert counted(works, campaign) == {"Status.SUCCESS": 1, "NotSent.HOOK": 1}


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_deleted_campaign_sends_nothing_more_wherever_its_event_is(works: Works, steps: int) -> None:
    campaign = start_event_campaign(works)
    put_events(works, "buyer")
    for _ in range(steps):
        works.run_one()

    works.pinpoint.delete_campaign(ApplicationId=works.app, CampaignId=campaign)
    works.run()

    assert works.functions.calls == []


def test_a_paused_campaign_takes_no_events_until_it_is_resumed(works: Works) -> None:
    works = on_the_clock(works)
    campaign = start_event_campaign(works)

    for event_id, paused in (("1", True), ("2", False)):
        works.pinpoint.update_campaign(
            ApplicationId=works.app, CampaignId=campaign, WriteCampaignRequest={"IsPaused": paused}
        )
        works.world.clock.advance(seconds=2)
        put_events(works, "buyer", event_id=event_id)
        works.run()
        assert (status(works, campaign), sent(works)) == (
            ("PAUSED", []) if paused else ("EXECUTING", ["buyer"])
        )


def test_a_campaign_takes_events_from_its_start_to_its_end(works: Works) -> None:
    works = on_the_clock(works)
    schedule = event_schedule(StartTime="2026-11-24T13:00:00Z", EndTime="2026-11-24T14:00:00Z")
    campaign = start_event_campaign(works, schedule)
    seen: list[str] = []

    for number in range(3):
        seen.append(status(works, campaign))
        put_events(works, f"buyer-{number}")
        works.run()
        works.world.clock.advance(hours=1)

    assert seen == ["SCHEDULED", "EXECUTING", "COMPLETED"]
    assert sent(works) == ["buyer-1"]


def test_an_event_in_time_is_sent_after_the_end(works: Works) -> None:
    start_event_campaign(works, event_schedule(EndTime="2026-11-24T12:01:00Z"))
    put_events(works, "buyer")
    works.world.clock.advance(minutes=2)

    works.run()

    assert sent(works) == ["buyer"]


def test_a_campaign_whose_segment_is_deleted_is_deleted_and_takes_no_events(works: Works) -> None:
    works = on_the_clock(works)
    segment_id = dynamic_segment(works)
    campaign = start_event_campaign(works, segment_id=segment_id)
    works.pinpoint.delete_segment(ApplicationId=works.app, SegmentId=segment_id)
    works.run()

    put_events(works, "buyer")
    works.run()

    assert status(works, campaign) == "DELETED"
    assert works.functions.calls == []


def test_an_event_of_the_engine_sends_where_the_filter_is_for_system_events(works: Works) -> None:
    sends = {"EventType": {"DimensionType": "INCLUSIVE", "Values": ["_campaign.send"]}}
    thanks = start_event_campaign(works, event_schedule(sends, filter_type="SYSTEM"))
    campaign = start_event_campaign(works)

    put_events(works, "buyer")
    put_events(works, "liar", EventType="_campaign.send")
    works.run(copies=2)

    assert sent(works) == ["buyer", "buyer"]
    assert counted(works, campaign) == counted(works, thanks) == {"Status.SUCCESS": 1}


def test_the_mail_of_an_event_is_filled_from_its_endpoint(works: Works) -> None:
    write = EMAIL["MessageConfiguration"]["EmailMessage"]
    start_event_campaign(works, MessageConfiguration={"EmailMessage": write})

    put_events(
        works,
        "ann",
        Endpoint={
            "ChannelType": "EMAIL",
            "Address": "success@simulator.amazonses.com",
            "User": {"UserId": "ann", "UserAttributes": {"Name": ["Ann"]}},
        },
    )
    works.run(copies=2)

    (mail,) = works.mail.sent
    assert mail["Content"]["Simple"]["Subject"]["Data"] == "Hello Ann"


def test_a_stream_that_cannot_be_written_to_holds_back_no_message(works: Works) -> None:
    works.pinpoint.delete_event_stream(ApplicationId=works.app)
    start_event_campaign(works)

    put_events(works, "buyer")
    works.run()

    assert sent(works) == ["buyer"]


def test_what_the_stream_refuses_does_not_trigger_again(works: Works) -> None:
    start_event_campaign(works)
    record = {"event_type": "shop.order", "attributes": {}, "metrics": {}, "client": {"client_id": "buyer"}}

    works.pump.send("stream", [{"ApplicationId": works.app, "Events": [record], "Round": 2}])
    works.run()

    assert "campaigns" not in {queue for queue, _ in works.pump.handled}


def test_no_address_travels_on_the_queue_of_events(works: Works) -> None:
    start_event_campaign(works)
    put_events(works, "buyer", Endpoint={"Address": "private@example.com"})
    works.run()

    triggers = [body for queue, body in works.pump.handled if queue == "campaigns"]
    assert triggers
    assert "private@example.com" not in json.dumps(triggers)
