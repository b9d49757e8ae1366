"""One file and two campaigns: SegmentImport, CustomChannels, CampaignHooks and EngagementEvents together."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from embedded.demo.archive import ArchiveReader
from embedded.demo.ledger import Cell, Counts
from embedded.demo.mail import kept_mail
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario
from embedded.demo.scenarios.campaign import sending
from embedded.demo.scenarios.campaign.expected import Setup, expected_ledger
from embedded.demo.scenarios.campaign.importing import import_file
from embedded.demo.scenarios.campaign.plan import Plan, make_plan
from embedded.demo.scenarios.campaign.readings import ends, mail_counts
from embedded.demo.settling import settle
from embedded.demo.stage import Stage, Vendor
from embedded.demo.stream import StreamReader, stream_counts
from embedded.demo.vendor_counts import vendor_counts
from embedded.vendors import cdp, message_api, offers
from embedded.vendors.faults import FaultPlan

MESSAGE_VENDOR: Final = Vendor(
    "Message vendor", message_api.CONTRACT, "webhook_url", ("CustomChannels", "WebhookSecretArn")
)
CDP: Final = Vendor("CDP", cdp.CONTRACT, "callback_url", ("EngagementEvents", "CallbackSecretArn"))
OFFERS: Final = Vendor("Offers", offers.CONTRACT, "attributes_url", ("CampaignHooks", "OfferSecretArn"))
_FREQUENCY_CAP: Final = 3
# Nothing runs beside it that could hold it up for longer.
_STILL_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Campaign(Scenario):
    """A file becomes a segment, which gets a campaign by webhook and one by e-mail, past a frequency cap."""

    title: ClassVar[str] = "Campaigns"
    patterns: ClassVar[tuple[str, ...]] = (
        "SegmentImport",
        "CustomChannels",
        "CampaignHooks",
        "EngagementEvents",
    )
    vendors: ClassVar[tuple[Vendor, ...]] = (MESSAGE_VENDOR, CDP, OFFERS)
    alone: ClassVar[bool] = True

    @property
    def settings(self) -> Mapping[str, str]:
        """Whether messages carry a key, and how many a user may get."""
        return {
            "webhook_idempotency": str(self.options.idempotency).lower(),
            "frequency_cap": str(_FREQUENCY_CAP),
        }

    @property
    def setup(self) -> Setup:
        """What the expected ledger is computed from, next to the plan."""
        seed = self.options.seed
        return Setup(
            messages=FaultPlan(seed),
            # The CDP hears of few events: a worse day, so that each fault happens at all.
            callbacks=FaultPlan(seed + 1, throttled=0.15, broken=0.1, cut=0.1),
            idempotency=self.options.idempotency,
            frequency_cap=_FREQUENCY_CAP,
        )

    @property
    def plan(self) -> Plan:
        """The file."""
        options = self.options
        return make_plan(options.seed, self.setup.messages, people=options.people, bad_rows=options.bad_rows)

    def expect(self) -> Counts:
        """The file, its quarantine, each campaign and each event, vendor and message that follows."""
        return expected_ledger(self.plan, self.setup)

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Drops the file in, starts the campaigns, and waits for the last answer, receipt and event."""
        late = _Late.begin(stage, self)
        narrator.step(f"dropping a file of {expected[Cell('File', 'rows')]:,} rows into the import bucket")
        imported = import_file(stage.account, f"demo-{self.options.seed}", self.plan.content, narrator)
        seen = dict(imported.counts)
        for start in (sending.start_webhook_campaign, sending.start_email_campaign):
            # One after the other, so that the second meets the frequency cap with the first one's counts.
            campaign = start(stage.account, imported.segment_id)
            narrator.step(f"{campaign.name}: started")
            seen |= sending.wait_for_campaign(stage.account, campaign, narrator)
        narrator.step("waiting until the last answer, receipt and event is in")
        return settle(expected, seen, late.counts, narrator, still=_STILL_SECONDS)


@dataclass(frozen=True)
class _Late:
    """The counts that go on growing after the campaigns have ended."""

    stage: Stage
    reader: StreamReader
    archive: ArchiveReader
    ids: frozenset[str]
    mail_before: int

    @classmethod
    def begin(cls, stage: Stage, campaign: Campaign) -> "_Late":
        stage.intakes[MESSAGE_VENDOR].begin(campaign.setup.messages, campaign.options.sabotage)
        stage.intakes[CDP].begin(campaign.setup.callbacks)
        reader = StreamReader(
            stage.account.client("kinesis"), stage.account.output("EngagementEvents", "StreamName")
        )
        reader.skip()
        archive = ArchiveReader(
            stage.account.client("s3"), stage.account.output("EngagementEvents", "ArchiveBucketName")
        )
        archive.skip()
        ids = frozenset(endpoint.endpoint_id for endpoint in campaign.plan.endpoints)
        return cls(stage, reader, archive, ids, len(kept_mail(stage.account.endpoint)))

    def counts(self) -> Counter[Cell]:
        self.reader.read()
        self.archive.read()
        intakes = self.stage.intakes
        # An archive is minutes behind: events of whatever ran before may still arrive in it.
        archived = [one for one in self.archive.records if one["client"]["client_id"] in self.ids]
        return (
            stream_counts(self.reader.records)
            + Counter({Cell("Archive", "events"): stream_counts(archived).total()})
            + ends(self.reader.records)
            + vendor_counts(MESSAGE_VENDOR.name, "messages taken in", intakes[MESSAGE_VENDOR].journal)
            + vendor_counts(CDP.name, "callbacks taken in", intakes[CDP].journal)
            + mail_counts(kept_mail(self.stage.account.endpoint)[self.mail_before :])
        )
