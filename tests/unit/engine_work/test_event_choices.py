"""Each choice about event campaigns where the documents are silent, held by what a client sees."""

from collections.abc import Sequence
from typing import Any

import pytest

from engine.store import Put, Write
from tests.support.engine_events import (
    activities,
    counted,
    event_schedule,
    on_the_clock,
    put_events,
    start_event_campaign,
    status,
)
from tests.support.engine_works import Works

DAY = 86_400


def test_an_event_campaign_needs_no_end(works: Works) -> None:
    campaign = start_event_campaign(works)
    works.world.clock.advance(days=400)

    assert status(works, campaign) == "EXECUTING"


def test_a_time_of_a_schedule_without_an_offset_is_utc(works: Works) -> None:
    campaign = start_event_campaign(works, event_schedule(StartTime="2026-11-24T12:30:00"))
    seen = [status(works, campaign)]
    works.world.clock.advance(minutes=30)

    assert [*seen, status(works, campaign)] == ["SCHEDULED", "EXECUTING"]


def test_a_start_in_the_past_is_a_start_at_once(works: Works) -> None:
    campaign = start_event_campaign(works, event_schedule(StartTime="2026-01-01T00:00:00Z"))

    assert status(works, campaign) == "EXECUTING"


def test_a_filter_that_every_event_fits_is_refused(works: Works) -> None:
    with pytest.raises(works.pinpoint.exceptions.BadRequestException, match="must have an EventType"):
        start_event_campaign(works, event_schedule({}))


def test_a_campaign_that_has_ended_gives_its_place_to_another(works: Works) -> None:
    ends = event_schedule(EndTime="2026-11-24T12:30:00Z")
    for _ in range(25):
        start_event_campaign(works, ends)
    with pytest.raises(works.pinpoint.exceptions.BadRequestException, match="at most 25 campaigns"):
        start_event_campaign(works)
    works.world.clock.advance(hours=1)

    assert status(works, start_event_campaign(works)) == "EXECUTING"


def test_a_campaign_does_not_answer_its_own_messages(works: Works) -> None:
    sends = {"EventType": {"Values": ["shop.order", "_campaign.send"]}}
    campaign = start_event_campaign(works, event_schedule(sends, filter_type="SYSTEM"))
    start_event_campaign(works)

    put_events(works, "buyer")
    for _ in range(30):
        if works.pump.waiting:
            works.run_one()

    assert len(activities(works, campaign)) == 1


def test_events_and_their_runs_are_kept_for_sixty_days(works: Works) -> None:
    campaign = start_event_campaign(works)
    written: list[Write] = []
    write = works.context.store.write

    def seen_write(writes: Sequence[Write]) -> None:
        written.extend(writes)
        write(writes)

    works.context.store.write = seen_write  # type: ignore[method-assign]
    put_events(works, "buyer")
    works.run()

    now = works.world.clock().timestamp()
    kept = {
        put.key.pk.partition("#")[0]: round((put.ttl - now) / DAY)
        for put in written
        if isinstance(put, Put) and put.ttl is not None
    }
    assert counted(works, campaign) == {"Status.SUCCESS": 1}
    assert {"EVENTS", "ACTIVITIES", "PIECES"} <= set(kept)
    assert {kept["EVENTS"], kept["ACTIVITIES"], kept["PIECES"]} == {60}


def test_is_paused_alone_keeps_the_definition(works: Works) -> None:
    campaign = start_event_campaign(works)
    before = works.pinpoint.get_campaign(ApplicationId=works.app, CampaignId=campaign)["CampaignResponse"]

    works.pinpoint.update_campaign(
        ApplicationId=works.app, CampaignId=campaign, WriteCampaignRequest={"IsPaused": True}
    )

    after = works.pinpoint.get_campaign(ApplicationId=works.app, CampaignId=campaign)["CampaignResponse"]
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"IsPaused", "State", "Version", "LastModifiedDate"}


def test_the_total_limit_remembers_a_message_for_a_year(works: Works) -> None:
    campaign = start_event_campaign(works, Limits={"Total": 1})
    for number in range(2):
        put_events(works, "buyer", event_id=f"event-{number}")
        works.run()
        works.world.clock.advance(days=364)

    assert counted(works, campaign) == {"Status.SUCCESS": 1, "Status.CAMPAIGN_CAP": 1}


def test_whether_an_event_is_in_time_is_asked_of_its_arrival(works: Works) -> None:
    start_event_campaign(on_the_clock(works))

    put_events(works, "buyer", Timestamp="2020-01-01T00:00:00Z")
    works.run()

    assert works.functions.seen_by("channel") == ["buyer"]


def test_an_events_attributes_are_no_variables_of_its_message(works: Works) -> None:
    message: dict[str, Any] = {"Title": "[{{Attributes.item}}]", "Body": "b", "FromAddress": "a@example.com"}
    start_event_campaign(works, MessageConfiguration={"EmailMessage": message})

    put_events(
        works,
        "buyer",
        Attributes={"item": "42"},
        Endpoint={"ChannelType": "EMAIL", "Address": "success@simulator.amazonses.com"},
    )
    works.run()

    (mail,) = works.mail.sent
    assert mail["Content"]["Simple"]["Subject"]["Data"] == "[]"
