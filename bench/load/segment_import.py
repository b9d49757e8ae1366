"""One file with bad rows and rows that come twice, sent to at once, and told of a second time."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from bench.load.scenario import PATIENCE, Calls, Load, LoadScenario
from embedded.demo.ledger import Cell, Counts
from embedded.demo.mail import kept_mail
from embedded.demo.report import Narrator
from embedded.demo.scenarios.campaign.bad_rows import HEADER, KINDS
from embedded.demo.scenarios.immediate_send import SendsFolder, verify_sender
from embedded.demo.settling import settle
from embedded.demo.stage import Stage

# What the stack has: with more bad rows nobody is sent to.
_AT_MOST_BAD: Final = 0.05
_FILE: Final = "file"


@dataclass(frozen=True)
class Plan:
    """What is put in.

    Attributes:
        tag: In every name and address of the run.
        content: The file.
        is_sent: Whether few enough rows are bad.
        expected: What it comes to.
    """

    tag: str
    content: bytes
    is_sent: bool
    expected: Counts


def make_plan(load: Load) -> Plan:
    """A row an item, of which some are bad, and good ones again."""
    chance = random.Random(load.seed)
    tag = f"load{load.seed}"
    good = load.items - load.bad_items
    again = chance.sample(range(good), min(load.repeated_items, good))
    bad = [list(KINDS)[number % len(KINDS)] for number in range(load.bad_items)]
    rows = [_row(tag, item) for item in (*range(good), *again)]
    rows += [KINDS[kind](number) for number, kind in enumerate(bad)]
    chance.shuffle(rows)
    is_sent = len(bad) <= _AT_MOST_BAD * len(rows)
    mails = good if is_sent else 0
    expected = {
        Cell("File", "rows"): len(rows),
        Cell("File", "accepted"): good + len(again),
        **{Cell("Quarantine", kind): count for kind, count in Counter(bad).items()},
        Cell("File", "rows the import refused"): 0,
        Cell("Segment", "endpoints"): good,
        Cell("Campaign", "handed to the channel"): mails,
        Cell("Mail kept", "messages"): mails,
        Cell("Mail kept", "people"): mails,
    }
    return Plan(tag, b"\n".join([",".join(HEADER).encode(), *rows]), is_sent, expected)


def _row(tag: str, item: int) -> bytes:
    name = f"{tag}-{item}"
    return (
        f"EMAIL,success+{name}@simulator.amazonses.com,{name},NONE,{name},Ana,gold,chess,opera,3,,,,"
    ).encode()


@dataclass(frozen=True)
class SegmentImportLoad(LoadScenario):
    """Rows of a file below `sends/`, and what the report, the segment, the campaign and the mails say."""

    title: ClassVar[str] = "Segment import, under load"
    patterns: ClassVar[tuple[str, ...]] = ("SegmentImport",)

    @cached_property
    def plan(self) -> Plan:
        """The file."""
        return make_plan(self.load)

    def expect(self) -> Counts:
        """The rows by what becomes of them, the endpoints, and one mail for each."""
        return self.plan.expected

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Drops the file in, tells of it twice, and waits for the end of its campaign."""
        account, plan = stage.account, self.plan
        folder = SendsFolder(account, plan.tag)
        verify_sender(account)
        narrator.step(f"dropping a file of {expected[Cell('File', 'rows')]:,} rows that is sent to at once")
        folder.drop(_FILE, plan.content)
        folder.wait_for_reports(1, within=PATIENCE)
        narrator.step("telling of it a second time, and waiting for the last mail")
        folder.tell_again(_FILE)
        folder.wait_for_ends(within=PATIENCE)
        return settle(
            expected,
            {**_told(stage, folder), **_handed(folder)},
            lambda: _mails(stage, plan.tag),
            narrator,
        )

    def calls(self, stage: Stage) -> Sequence[Calls]:
        """Import jobs and campaigns that the project has, however often their start was asked for."""
        jobs = stage.account.client("pinpoint").get_import_jobs(
            ApplicationId=stage.account.output("Project", "ApplicationId"), PageSize="100"
        )["ImportJobsResponse"]["Item"]
        made = [Calls("CreateImportJob", len(jobs), 1)]
        if self.plan.is_sent:
            campaigns = SendsFolder(stage.account, self.plan.tag).campaigns()
            made.append(Calls("CreateCampaign", len(campaigns), 1))
        return made


def _told(stage: Stage, folder: SendsFolder) -> Counts:
    (report,) = folder.reports()
    segment: dict[str, Any] = stage.account.client("pinpoint").get_segment(
        ApplicationId=stage.account.output("Project", "ApplicationId"), SegmentId=report["segment_id"]
    )["SegmentResponse"]
    return {
        Cell("File", "rows"): report["rows"],
        Cell("File", "accepted"): report["accepted"],
        **{Cell("Quarantine", kind): count for kind, count in report["quarantined_by_reason"].items()},
        Cell("File", "rows the import refused"): report["import_failures"],
        Cell("Segment", "endpoints"): segment["ImportDefinition"]["Size"],
    }


def _handed(folder: SendsFolder) -> Counts:
    runs = map(folder.run_of, folder.campaigns())
    return {
        Cell("Campaign", "handed to the channel"): sum(run.get("SuccessfulEndpointCount", 0) for run in runs)
    }


def _mails(stage: Stage, tag: str) -> Counts:
    to = [mail["To"][0] for mail in kept_mail(stage.account.endpoint)]
    to = [address for address in to if f"+{tag}-" in address]
    return {Cell("Mail kept", "messages"): len(to), Cell("Mail kept", "people"): len(set(to))}
