"""Every scenario of the demo, in the order of the ledger."""

from typing import Final

from embedded.demo.options import Options
from embedded.demo.scenario import Scenario
from embedded.demo.scenarios.audience_sync import AudienceSync
from embedded.demo.scenarios.campaign import Campaign
from embedded.demo.scenarios.immediate_send import ImmediateSend
from embedded.demo.scenarios.send_message import SendMessage
from embedded.demo.scenarios.two_way_sms import TwoWaySms
from embedded.demo.scenarios.user_endpoints import UserEndpoints
from embedded.demo.scenarios.user_events import UserEvents

ALL: Final[tuple[type[Scenario], ...]] = (
    Campaign,
    ImmediateSend,
    SendMessage,
    AudienceSync,
    TwoWaySms,
    UserEndpoints,
    UserEvents,
)


class UnknownPattern(ValueError):
    """No scenario shows the wanted pattern; the message names those that are shown."""


def scenarios_of(options: Options) -> tuple[Scenario, ...]:
    """Those that a run consists of.

    Args:
        options: Names the wanted pattern, or none for all.

    Raises:
        UnknownPattern: No scenario shows it.
    """
    chosen = [one for one in ALL if options.pattern in ("", *one.patterns)]
    if not chosen:
        known = dict.fromkeys(name for one in ALL for name in one.patterns)
        raise UnknownPattern(f"no part of the demo shows {options.pattern!r}: there are {', '.join(known)}")
    return tuple(one(options) for one in chosen)
