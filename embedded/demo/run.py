"""The demo from beginning to end: one file, two campaigns, and everything that follows from them."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

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
_STILL_SECONDS = 30.0
_SETTLE_SECONDS = 120.0


def run(options: Options, console: Console) -> Sequence[Comparison]:
    """Runs the demo, and leaves nothing running.

    Args:
        options: What to run.
        console: Where to say what is going on.

    Returns:
        Every cell of the ledger, expected and seen.
    """
    narrator = Narrator(console)
    plan = make_plan(options.seed, options.setup.messages)
    expected = expected_ledger(plan, options.setup)
    narrator.step(f"computed {len(expected)} counts that everything below has to come to")
    try:
        with stage(options, narrator) as running:
            rows = expected[Cell("File", "rows")]
            narrator.step(f"dropping a file of {rows:,} rows into the import bucket")
            imported = import_file(running.account, plan.content, narrator)
            seen = dict(imported.counts)
            for start in (campaigns.start_webhook_campaign, campaigns.start_email_campaign):
                # One after the other, so that the second meets the frequency cap with the first one's counts.
                campaign = start(running.account, imported.segment_id)
                narrator.step(f"{campaign.name}: started")
                seen |= campaigns.wait_for_campaign(running.account, campaign, narrator)
            narrator.step("waiting until the last answer, receipt and event is in")
            seen |= _settle(running, expected, seen, narrator)
            narrator.step("ending everything")
        return compare(expected, seen)
    finally:
        narrator.close()


def _settle(
    running: Stage, expected: Mapping[Cell, int], seen: Mapping[Cell, int], narrator: Narrator
) -> Mapping[Cell, int]:
    reader = StreamReader(
        running.account.client("kinesis"), running.account.output("EngagementEvents", "StreamName")
    )
    began = changed = time.monotonic()
    late: Mapping[Cell, int] = {}
    while True:
        before, late = late, _late_counts(running, reader)
        now = time.monotonic()
        if late != before:
            changed = now
        off = sum(1 for comparison in compare(expected, {**seen, **late}) if not comparison.agrees)
        narrator.detail(f"{len(reader.records):,} events read, {off} counts still to come")
        patience = _STILL_SECONDS if off else _QUIET_SECONDS
        if now - changed > patience or now - began > _SETTLE_SECONDS:
            return late
        time.sleep(0.5)


def _late_counts(running: Stage, reader: StreamReader) -> Counter[Cell]:
    reader.read()
    return (
        stream_counts(reader.records)
        + ends(reader.records)
        + vendor_counts("Message vendor", "messages taken in", running.messages.journal)
        + vendor_counts("CDP", "callbacks taken in", running.callbacks.journal)
        + mail_counts(kept_mail(running.account.endpoint))
    )
