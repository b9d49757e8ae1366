"""The demo from beginning to end: one file, two campaigns, and everything that follows from them."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console

from embedded.demo import campaigns
from embedded.demo.expected import expected_ledger
from embedded.demo.importing import import_file
from embedded.demo.ledger import Cell, Comparison, compare
from embedded.demo.mail import kept_mail, mail_counts
from embedded.demo.options import Options
from embedded.demo.plan import make_plan
from embedded.demo.report import Narrator
from embedded.demo.stage import Stage, stage
from embedded.demo.stream import StreamReader, ends, stream_counts
from embedded.demo.vendor_counts import vendor_counts

# Once every count is as expected, this long is waited for what must not come.
_QUIET_SECONDS = 3.0
# Once nothing changes any more for this long, what is missing will not come.
_STILL_SECONDS = 20.0
_SETTLE_SECONDS = 150.0


def run(options: Options, console: Console) -> Sequence[Comparison]:
    """Runs the demo on an account of its own, and leaves nothing running.

    Args:
        options: What to run.
        console: Where to say what is going on.

    Returns:
        Every cell of the ledger, expected and seen.
    """
    narrator = Narrator(console)
    try:
        with stage(options, narrator) as running:
            comparisons = perform(running, options, narrator)
            narrator.step("ending everything")
        return comparisons
    finally:
        narrator.close()


def perform(running: Stage, options: Options, narrator: Narrator) -> Sequence[Comparison]:
    """One file and two campaigns on what runs already; only seed and sabotage may differ from its options.

    Two performances on one stage need two seeds: the users of the first have had their messages.
    """
    plan = make_plan(options.seed, options.setup.messages)
    expected = expected_ledger(plan, options.setup)
    narrator.step(f"computed {len(expected)} counts that everything below has to come to")
    late = _Late.begin(running, options)
    narrator.step(f"dropping a file of {expected[Cell('File', 'rows')]:,} rows into the import bucket")
    imported = import_file(running.account, f"demo-{options.seed}", plan.content, narrator)
    seen = dict(imported.counts)
    for start in (campaigns.start_webhook_campaign, campaigns.start_email_campaign):
        # One after the other, so that the second meets the frequency cap with the first one's counts.
        campaign = start(running.account, imported.segment_id)
        narrator.step(f"{campaign.name}: started")
        seen |= campaigns.wait_for_campaign(running.account, campaign, narrator)
    narrator.step("waiting until the last answer, receipt and event is in")
    return compare(expected, seen | late.settle(expected, seen, narrator))


@dataclass(frozen=True)
class _Late:
    """The counts that go on growing after the campaigns have ended."""

    running: Stage
    reader: StreamReader
    mail_before: int

    @classmethod
    def begin(cls, running: Stage, options: Options) -> "_Late":
        running.messages.begin(options.setup.messages, options.sabotage)
        running.callbacks.begin(options.setup.callbacks)
        reader = StreamReader(
            running.account.client("kinesis"), running.account.output("EngagementEvents", "StreamName")
        )
        reader.skip()
        return cls(running, reader, len(kept_mail(running.account.endpoint)))

    def settle(
        self, expected: Mapping[Cell, int], seen: Mapping[Cell, int], narrator: Narrator
    ) -> dict[Cell, int]:
        began = changed = time.monotonic()
        late: Mapping[Cell, int] = {}
        while True:
            before, late = late, self.counts()
            now = time.monotonic()
            if late != before:
                changed = now
            off = sum(1 for comparison in compare(expected, {**seen, **late}) if not comparison.agrees)
            narrator.detail(f"{len(self.reader.records):,} events read, {off} counts still to come")
            patience = _STILL_SECONDS if off else _QUIET_SECONDS
            if now - changed > patience or now - began > _SETTLE_SECONDS:
                return dict(late)
            time.sleep(0.5)

    def counts(self) -> Counter[Cell]:
        self.reader.read()
        return (
            stream_counts(self.reader.records)
            + ends(self.reader.records)
            + vendor_counts("Message vendor", "messages taken in", self.running.messages.journal)
            + vendor_counts("CDP", "callbacks taken in", self.running.callbacks.journal)
            + mail_counts(kept_mail(self.running.account.endpoint)[self.mail_before :])
        )
