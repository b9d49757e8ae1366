"""Events that come again, and messages that get lost: each event is sent once, and none is forgotten."""

from collections.abc import Sequence

import pytest

from engine.campaigns.trigger import trigger
from engine.store import Write
from tests.support.engine_events import counted, put_events, start_event_campaign
from tests.support.engine_works import Works


@pytest.mark.parametrize("copies", [1, 3])
def test_the_same_event_sends_once_however_often_it_comes(works: Works, copies: int) -> None:
    campaign = start_event_campaign(works)

    put_events(works, "buyer", "Other")
    works.run(copies=copies)
    put_events(works, "buyer", "other", Endpoint={"Address": "moved"})
    works.run(copies=copies)

    assert sorted(works.functions.seen_by("channel")) == ["Other", "buyer"]
    assert counted(works, campaign) == {"Status.SUCCESS": 2}


def test_two_workers_with_the_same_event_at_once_send_once(works: Works) -> None:
    campaign = start_event_campaign(works)
    put_events(works, "buyer", "other")
    put_events(works, "buyer", "third")
    works.run_one()
    works.run_one()
    store, write = works.context.store, works.context.store.write
    (_, first, _), (_, second, _) = (m for m in works.pump.waiting if m[0] == "campaigns")

    def write_after_the_other(writes: Sequence[Write]) -> None:
        store.write = write  # type: ignore[method-assign]
        trigger(works.context, first)
        write(writes)

    store.write = write_after_the_other  # type: ignore[method-assign]
    trigger(works.context, second)
    works.run()

    assert sorted(works.functions.seen_by("channel")) == ["buyer", "other", "third"]
    assert counted(works, campaign) == {"Status.SUCCESS": 3}


def test_a_run_whose_message_was_lost_is_sent_when_its_event_comes_again_though_the_campaign_is_paused(
    works: Works,
) -> None:
    campaign = start_event_campaign(works)
    put_events(works, "buyer")
    works.run_one()
    while (message := works.pump.waiting.popleft())[0] != "campaigns":
        pass
    trigger(works.context, message[1])
    works.pump.waiting.clear()
    works.pinpoint.update_campaign(
        ApplicationId=works.app, CampaignId=campaign, WriteCampaignRequest={"IsPaused": True}
    )

    trigger(works.context, message[1])
    works.run()

    assert sorted(works.functions.seen_by("channel")) == ["buyer"]
    assert counted(works, campaign) == {"Status.SUCCESS": 1}
