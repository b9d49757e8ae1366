"""A campaign past the frequency cap, whose hook is invoked a second time; the vendor sees who is left."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import ClassVar, Final

from bench.load.channel_campaign import MOST_OF_INVOCATION, ChannelCampaign, Receiver
from bench.load.custom_channels import vendor_cells
from bench.load.scenario import Calls, LoadScenario, floor
from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.report import Narrator
from embedded.demo.scenarios.campaign import MESSAGE_VENDOR, OFFERS
from embedded.demo.stage import Stage, Vendor
from embedded.demo.vendor_counts import vendor_counts
from embedded.vendors.faults import Fault

_STACK: Final = "CampaignHooks"
_CAP: Final = 3


@dataclass(frozen=True)
class CampaignHooksLoad(LoadScenario):
    """An endpoint for each item; the bad ones are a user's fourth and are left out."""

    title: ClassVar[str] = "Campaign hook, under load"
    # Asked for by the first; the channel is what it sends by.
    patterns: ClassVar[tuple[str, ...]] = (_STACK, "CustomChannels")
    vendors: ClassVar[tuple[Vendor, ...]] = (MESSAGE_VENDOR, OFFERS)

    @property
    def settings(self) -> Mapping[str, str]:
        """The cap, and that a message that was cut off is posted again under its key."""
        return {"webhook_idempotency": "true", "frequency_cap": str(_CAP)}

    @cached_property
    def crowded(self) -> tuple[Receiver, ...]:
        """Four endpoints each of as many users as there are bad items: one of the four is left out.

        Which one is not said, so that the vendor has a good day for all of them.
        """
        calm = self._calm()
        return tuple(
            Receiver(next(calm), f"crowded{self.load.seed}-{user}")
            for user in range(self.load.bad_items)
            for _ in range(_CAP + 1)
        )

    @cached_property
    def others(self) -> tuple[Receiver, ...]:
        """Those who have one endpoint, all of whom are sent to."""
        names = (f"load{self.load.seed}-{item}" for item in range(self.load.items - len(self.crowded)))
        return tuple(Receiver(name, name) for name in names)

    @cached_property
    def receivers(self) -> tuple[Receiver, ...]:
        """Everybody."""
        return (*self.crowded, *self.others)

    @cached_property
    def again(self) -> tuple[Receiver, ...]:
        """Whom the hook is asked about twice: whole users, so that it is known how many are kept."""
        whole = self.load.repeated_items // 2 // (_CAP + 1) * (_CAP + 1)
        crowded = self.crowded[:whole]
        single = self.load.repeated_items - len(crowded)
        return (*crowded, *random.Random(self.load.seed).sample(self.others, single))

    @cached_property
    def attempts(self) -> list[Fault]:
        """What the posts for those who are left meet."""
        plan = self.load.fault_plan
        calm = [Fault.NONE] * (self._kept - len(self.others))
        return [fault for one in self.others for fault in plan.attempts(one.address)] + calm

    def _calm(self) -> Iterator[str]:
        plan, names = self.load.fault_plan, (f"calm{self.load.seed}-{n}" for n in count())
        return (name for name in names if plan.attempts(name) == (Fault.NONE,))

    @property
    def _kept(self) -> int:
        return self.load.items - self.load.bad_items

    def expect(self) -> Counts:
        """Whom the hook keeps, in the trail, in the campaign and at the vendor."""
        crowds = len(set(self.again) & set(self.crowded)) // (_CAP + 1)
        expected = {
            Cell("Campaign", "handed to the channel"): self._kept,
            Cell("Audit trail", "kept"): self._kept,
            Cell("Audit trail", "frequency_cap"): self.load.bad_items,
            Cell("Hook", "kept again"): len(self.again) - crowds,
            **vendor_cells(self.attempts, self._kept),
        }
        return {cell: number for cell, number in expected.items() if number or cell.what.endswith("twice")}

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Sends to everybody, asks the hook again, and waits for the vendor's last answer."""
        account = stage.account
        stage.intakes[MESSAGE_VENDOR].begin(self.load.fault_plan)
        hook = account.output(_STACK, "FrequencyCapFunctionArn")
        campaign = ChannelCampaign(account, f"load{self.load.seed}", self.receivers)
        activity = campaign.run(narrator, hook=hook)
        decisions = Counter(_decisions(account))
        narrator.step(f"asking the hook about {len(self.again):,} endpoints a second time")
        seen = {
            Cell("Campaign", "handed to the channel"): activity.get("SuccessfulEndpointCount", 0),
            Cell("Hook", "kept again"): len(campaign.repeat(hook, activity, self.again)),
            **{Cell("Audit trail", decision): times for decision, times in decisions.items()},
        }

        taken_in = expected[Cell(MESSAGE_VENDOR.name, "messages taken in")]
        narrator.step(f"waiting until the vendor has {taken_in:,} messages and no queue any")
        campaign.wait_until_sent(narrator)
        journal = stage.intakes[MESSAGE_VENDOR].journal
        return {**seen, **vendor_counts(MESSAGE_VENDOR.name, "messages taken in", journal)}

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """Invocations of the hook, each of which leaves one file in its trail, and posts to the vendor."""
        again = floor(len(self.again), MOST_OF_INVOCATION)
        asked = Calls(
            "invocations of the hook",
            len(list(_files(stage.account))),
            floor(self.load.items, MOST_OF_INVOCATION) + again,
        )
        # What was taken in and cut off is posted once more, since nobody heard the answer.
        fewest = len(self.attempts) + Counter(self.attempts)[Fault.CUT]
        return [
            asked,
            Calls("posts to the vendor", len(stage.intakes[MESSAGE_VENDOR].journal.entries), fewest),
        ]


def _decisions(account: Account) -> Iterator[str]:
    """What the trail says of each endpoint: kept, or why not."""
    s3, bucket = account.client("s3"), account.output(_STACK, "AuditBucketName")
    for key in _files(account):
        for line in s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines():
            told = json.loads(line)
            yield told["reason"] or told["decision"]


def _files(account: Account) -> Iterator[str]:
    pages = account.client("s3").get_paginator("list_objects_v2")
    bucket = account.output(_STACK, "AuditBucketName")
    for page in pages.paginate(Bucket=bucket, Prefix="audit/"):
        yield from (one["Key"] for one in page.get("Contents", []))
