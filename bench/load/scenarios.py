"""The load scenarios, by the stack that they are for."""

from typing import Final

from bench.load.audience_sync import AudienceSyncLoad
from bench.load.campaign_hooks import CampaignHooksLoad
from bench.load.custom_channels import CustomChannelsLoad
from bench.load.engagement_events import EngagementEventsLoad
from bench.load.scenario import Load, LoadScenario
from bench.load.segment_import import SegmentImportLoad
from bench.load.send_message import SendMessageLoad
from bench.load.two_way_sms import TwoWaySmsLoad
from bench.load.user_endpoints import UserEndpointsLoad
from bench.load.user_events import UserEventsLoad
from embedded.demo.options import Options
from embedded.demo.scenarios import UnknownPattern

ALL: Final[tuple[type[LoadScenario], ...]] = (
    SendMessageLoad,
    AudienceSyncLoad,
    # Before the next one, which has its stack too.
    EngagementEventsLoad,
    UserEventsLoad,
    SegmentImportLoad,
    UserEndpointsLoad,
    # Before the next one, which has its stack too.
    CustomChannelsLoad,
    CampaignHooksLoad,
    TwoWaySmsLoad,
)


def scenario_of(pattern: str, options: Options, load: Load) -> LoadScenario:
    """The one for a pattern.

    Raises:
        UnknownPattern: There is none; the message names those that there are.
    """
    for one in ALL:
        if pattern in one.patterns:
            return one(options, load)
    known = ", ".join(name for one in ALL for name in one.patterns)
    raise UnknownPattern(f"no load is there for {pattern!r}: there are {known}")
