"""A segment that is deleted under a campaign: the campaign fails, and nobody more is sent to."""

import pytest

from tests.support.engine_works import Works, held_in_balance


def start(works: Works) -> tuple[str, str]:
    """A segment and a campaign on it."""
    content = "ChannelType,Address,Id\nCUSTOM,a,a\nCUSTOM,b,b\n"
    segment: str = works.import_file(content)["Definition"]["SegmentId"]
    campaign: str = works.start_campaign(segment)["Id"]
    return segment, campaign


def status(works: Works, campaign: str) -> str:
    found = works.pinpoint.get_campaign(ApplicationId=works.app, CampaignId=campaign)
    return str(found["CampaignResponse"]["State"]["CampaignStatus"])


@pytest.mark.parametrize(
    ("next_queue", "erased_first"), [("campaigns", True), ("campaigns", False), ("deliveries", True)]
)
def test_a_campaign_whose_segment_is_deleted_sends_to_nobody_more(
    works: Works, next_queue: str, erased_first: bool
) -> None:
    segment, campaign = start(works)
    while works.pump.waiting[0][0] != next_queue:
        works.run_one()
    works.pinpoint.delete_segment(ApplicationId=works.app, SegmentId=segment)
    works.pump.wait(seconds=5)
    if erased_first:
        works.pump.waiting.rotate()

    works.run()

    assert works.functions.calls == []
    assert status(works, campaign) == "DELETED"
    activity = works.activity(campaign)
    assert activity["State"] == "COMPLETED"
    assert held_in_balance(activity)


def test_a_campaign_that_has_completed_stays_so_when_its_segment_is_deleted(works: Works) -> None:
    segment, campaign = start(works)
    works.run()
    works.pinpoint.delete_segment(ApplicationId=works.app, SegmentId=segment)
    works.run()
    assert status(works, campaign) == "COMPLETED"
    assert len(works.functions.calls) == 1
