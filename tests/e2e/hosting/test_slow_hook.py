"""A hook that really does not answer within its 15 seconds, three times."""

import time
from typing import Any

import pytest

from tests.e2e.hosting.conftest import TwoCampaigns
from tests.support.answers import hold_all
from tests.support.embedded_aws import EmbeddedAws

pytestmark = pytest.mark.e2e

ATTEMPTS = 3


def ended(aws: EmbeddedAws, application: str, campaign: str) -> dict[str, Any]:
    """The campaign's only activity, once it is over."""
    pinpoint = hold_all(aws.client("pinpoint"))
    deadline = time.monotonic() + 120
    while True:
        answer = pinpoint.get_campaign_activities(ApplicationId=application, CampaignId=campaign)
        (activity,) = answer["ActivitiesResponse"]["Item"]
        if activity["State"] == "COMPLETED":
            found: dict[str, Any] = activity
            return found
        assert time.monotonic() < deadline, activity
        time.sleep(0.5)


def test_nobody_is_sent_to_when_the_hook_is_too_late_and_other_campaigns_go_on(
    aws: EmbeddedAws, campaigns: TwoCampaigns
) -> None:
    held_up = ended(aws, campaigns.application, campaigns.with_slow_hook)
    other = ended(aws, campaigns.application, campaigns.without_hook)

    # The first call was seen before the other campaign was started.
    assert len(aws.receive(campaigns.asked, ATTEMPTS, within=5)) == ATTEMPTS - 1
    assert held_up["ExecutionMetrics"] == {"Status.HOOK_FAILURE": "2"}
    assert held_up["TotalEndpointCount"] == 2
    assert held_up.get("SuccessfulEndpointCount", 0) == 0
    assert other["SuccessfulEndpointCount"] == 2
    assert other["End"] < held_up["End"]
    delivered = aws.receive(campaigns.delivered, 2, within=5)
    assert [(one["campaign"], sorted(one["endpoints"])) for one in delivered] == [
        (campaigns.without_hook, ["one", "two"])
    ]
