"""A campaign through the webhook channel, on a vendor's bad day, with invocations that come twice."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

from bench.load.channel_campaign import ChannelCampaign, Receiver
from bench.load.scenario import Calls, LoadScenario
from embedded.demo.ledger import Cell, Counts
from embedded.demo.queues import DeadLetters
from embedded.demo.report import Narrator
from embedded.demo.scenarios.campaign import MESSAGE_VENDOR
from embedded.demo.stage import Stage, Vendor
from embedded.demo.vendor_counts import vendor_counts
from embedded.vendors.faults import Fault
from embedded.vendors.message_api import UNKNOWN_PREFIX

_STACK: Final = "CustomChannels"
# One in so many of the bad items is nobody whom the vendor knows; the others meet its bad day.
_UNKNOWN: Final = 10


@dataclass(frozen=True)
class CustomChannelsLoad(LoadScenario):
    """An endpoint for each item, all in one campaign."""

    title: ClassVar[str] = "Custom channel, under load"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)
    vendors: ClassVar[tuple[Vendor, ...]] = (MESSAGE_VENDOR,)

    @property
    def settings(self) -> Mapping[str, str]:
        """A message that was cut off is posted again under its key."""
        return {"webhook_idempotency": "true"}

    @cached_property
    def receivers(self) -> tuple[Receiver, ...]:
        """Everybody, those first whom the vendor does not know."""
        names = [f"load{self.load.seed}-{item}" for item in range(self.load.items)]
        gone = self.load.bad_items // _UNKNOWN
        return tuple(
            Receiver(f"{UNKNOWN_PREFIX}{name}" if item < gone else name, name)
            for item, name in enumerate(names)
        )

    @cached_property
    def attempts(self) -> list[Fault]:
        """What the posts for those whom the vendor knows meet."""
        plan = self.load.fault_plan
        known = [one.address for one in self.receivers if not one.address.startswith(UNKNOWN_PREFIX)]
        return [fault for address in known for fault in plan.attempts(address)]

    def expect(self) -> Counts:
        """Everybody once at the vendor, or refused there."""
        gone = self.load.bad_items // _UNKNOWN
        expected = {
            Cell("Campaign", "handed to the channel"): self.load.items,
            Cell("Channel", "accepted again"): self.load.repeated_items,
            **vendor_cells(self.attempts, self.load.items - gone),
            Cell(MESSAGE_VENDOR.name, "refused: unknown recipient"): gone,
            Cell("Dead letters", "unknown_recipient"): gone,
        }
        return {cell: count for cell, count in expected.items() if count or cell.what.endswith("twice")}

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Sends to everybody, has some invocations repeated, and waits for the vendor's last answer."""
        account = stage.account
        stage.intakes[MESSAGE_VENDOR].begin(self.load.fault_plan)
        campaign = ChannelCampaign(account, f"load{self.load.seed}", self.receivers)
        activity = campaign.run(narrator)
        again = random.Random(self.load.seed).sample(self.receivers, self.load.repeated_items)
        narrator.step(f"handing {len(again):,} endpoints to the channel a second time")
        answered = campaign.repeat(account.output(_STACK, "WebhookDeliveryUri"), activity, again)
        seen = {
            Cell("Campaign", "handed to the channel"): activity.get("SuccessfulEndpointCount", 0),
            Cell("Channel", "accepted again"): len(answered),
        }

        taken_in = expected[Cell(MESSAGE_VENDOR.name, "messages taken in")]
        narrator.step(f"waiting until the vendor has {taken_in:,} messages and no queue any")
        campaign.wait_until_sent(narrator)
        journal = stage.intakes[MESSAGE_VENDOR].journal
        counts = {**seen, **vendor_counts(MESSAGE_VENDOR.name, "messages taken in", journal)}
        return {**counts, **DeadLetters.of(account, _STACK, "WebhookDeadLettersUrl").counts()}

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """Posts to the vendor, by its own journal."""
        # What was taken in and cut off is posted once more, since nobody heard the answer.
        gone = self.load.bad_items // _UNKNOWN
        fewest = len(self.attempts) + Counter(self.attempts)[Fault.CUT] + gone
        made = len(stage.intakes[MESSAGE_VENDOR].journal.entries)
        return [Calls("posts to the vendor", made, fewest)]


def vendor_cells(attempts: Sequence[Fault], people: int) -> Counts:
    """What the message vendor sees.

    Args:
        attempts: The faults that posts meet.
        people: Who gets a message.
    """
    met, name = Counter(attempts), MESSAGE_VENDOR.name
    return {
        Cell(name, "messages taken in"): people,
        Cell(name, "answered 429"): met[Fault.THROTTLED],
        Cell(name, "answered 500"): met[Fault.BROKEN],
        Cell(name, "cut after acceptance"): met[Fault.CUT],
        Cell(name, "ids taken in twice"): 0,
        Cell(name, "recipients taken in twice"): 0,
        Cell(name, "badly signed or shaped"): 0,
    }
