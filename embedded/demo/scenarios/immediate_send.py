"""Files that are sent to as soon as they are imported: once each, one after the other, unless too bad."""

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from embedded.demo.account import Account
from embedded.demo.ledger import Cell, Counts
from embedded.demo.mail import kept_mail
from embedded.demo.report import Narrator
from embedded.demo.scenario import Scenario, ScenarioFailed
from embedded.demo.settling import settle
from embedded.demo.stage import Stage

_STACK: Final = "SegmentImport"
_SENDER: Final = "news@example.com"
_PEOPLE: Final = 120
_BAD_ROWS: Final = 3
_PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True)
class Plan:
    """Three files, from a seed: of people, of some of these by their user ids, and of mostly bad rows.

    Args:
        seed: Of all that is random.
    """

    seed: int

    @property
    def tag(self) -> str:
        """What all names of the run hold."""
        return f"now{self.seed}x"

    @cached_property
    def interests(self) -> Mapping[str, Sequence[str]]:
        """Everybody with what they like, in one attribute of one value or two."""
        dice = random.Random(self.seed)
        return {
            f"{self.tag}-{number}": dice.sample(["chess", "opera", "hiking"], dice.choice((1, 2)))
            for number in range(_PEOPLE)
        }

    @cached_property
    def opted_out(self) -> frozenset[str]:
        """Who wants nothing."""
        return frozenset(random.Random(self.seed + 1).sample(list(self.interests), 12))

    @cached_property
    def again(self) -> Sequence[str]:
        """Whom the second file names, by user id only."""
        return random.Random(self.seed + 2).sample(list(self.interests), 40)

    @property
    def people(self) -> bytes:
        """JSON lines; few enough are bad for the file to be sent to."""
        good = [json.dumps(self._endpoint(person)) for person in self.interests]
        rows = [*good, *('{"ChannelType": "EMAIL", "Address": "nobody"}' for _ in range(_BAD_ROWS))]
        random.Random(self.seed).shuffle(rows)
        return "\n".join(rows).encode()

    @property
    def users(self) -> bytes:
        """A CSV file of user ids."""
        return "\n".join(["User.UserId", *self.again]).encode()

    @property
    def too_bad(self) -> bytes:
        """A CSV file of which a third is bad."""
        good = (f"EMAIL,success+{self.tag}-bad-{number}@simulator.amazonses.com" for number in range(8))
        return "\n".join(["ChannelType,Address", *good, *["EMAIL,nobody"] * 4]).encode()

    def mailed(self) -> Counter[int]:
        """How many mails there are that name so many interests."""
        reached = [person for person in (*self.interests, *self.again) if person not in self.opted_out]
        return Counter(len(self.interests[person]) for person in reached)

    def _endpoint(self, person: str) -> Mapping[str, Any]:
        return {
            "ChannelType": "EMAIL",
            "Address": f"success+{person}@simulator.amazonses.com",
            "Id": person,
            "OptOut": "ALL" if person in self.opted_out else "NONE",
            "Attributes": {"Interests": self.interests[person]},
            "User": {"UserId": person, "UserAttributes": {"FirstName": ["Ana"]}},
        }


@dataclass(frozen=True)
class ImmediateSend(Scenario):
    """Each file below `sends/` becomes one campaign, however often it is told of."""

    title: ClassVar[str] = "Immediate send"
    patterns: ClassVar[tuple[str, ...]] = (_STACK,)

    @property
    def plan(self) -> Plan:
        """The files."""
        return Plan(self.options.seed)

    def expect(self) -> Counts:
        """The rows, what became of each file, the campaigns, and the mails of everybody who wants one."""
        plan = self.plan
        mailed = plan.mailed()
        return {
            Cell("Rows", "accepted"): _PEOPLE + len(plan.again) + 8,
            Cell("Rows", "quarantined"): _BAD_ROWS + 4,
            Cell("Files", "sent to"): 2,
            Cell("Files", "not sent to: too_many_bad_rows"): 1,
            Cell("Campaigns", "made"): 2,
            Cell("Campaigns", "begun while another ran"): 0,
            Cell("Mail kept", "messages"): mailed.total(),
            Cell("Mail kept", "people"): _PEOPLE - len(plan.opted_out),
            Cell("Mail kept", "of one interest"): mailed[1],
            Cell("Mail kept", "of two interests"): mailed[2],
        }

    def run(self, stage: Stage, expected: Counts, narrator: Narrator) -> Counts:
        """Drops the files in, tells of the first one twice, and waits for the last mail."""
        account, plan = stage.account, self.plan
        folder = SendsFolder(account, plan.tag)
        verify_sender(account)
        narrator.step(f"dropping a file of {_PEOPLE + _BAD_ROWS} rows that is sent to at once")
        folder.drop("people", plan.people)
        # Users can be named by a file only once they are there.
        folder.wait_for_reports(1)
        narrator.step("telling of it a second time, and dropping a file of user ids and one that is too bad")
        folder.tell_again("people")
        folder.drop("users", plan.users)
        folder.drop("too-bad", plan.too_bad)
        folder.wait_for_reports(3)
        folder.wait_for_ends()
        return settle(expected, {}, lambda: {**folder.counts(), **_mails(account, plan.tag)}, narrator)


@dataclass(frozen=True)
class SendsFolder:
    """What is below `sends/` in the import bucket, and what came of it.

    Args:
        account: With the stack in it.
        tag: How the names of this run's segments begin.
    """

    account: Account
    tag: str

    def drop(self, name: str, content: bytes) -> None:
        """Put a file for the segment of a name."""
        self.account.client("s3").put_object(
            Bucket=self._bucket, Key=f"sends/{self.tag}-{name}/file", Body=content
        )

    def tell_again(self, name: str) -> None:
        """Start what the event of a file has started, as an event that is delivered twice does."""
        steps, machine = (
            self.account.client("stepfunctions"),
            self.account.output(_STACK, "SendsStateMachineArn"),
        )
        for execution in steps.list_executions(stateMachineArn=machine)["executions"]:
            given = steps.describe_execution(executionArn=execution["executionArn"])["input"]
            if f"/{self.tag}-{name}/" in given:
                steps.start_execution(stateMachineArn=machine, input=given)
                return

    def wait_for_reports(self, count: int, within: float = _PATIENCE_SECONDS) -> None:
        """Wait until so many files were told of.

        Raises:
            ScenarioFailed: They were not within so many seconds.
        """
        deadline = time.monotonic() + within
        while (there := len(self.reports())) < count:
            if time.monotonic() > deadline:
                raise ScenarioFailed(f"{there} of {count} reports after {within:.0f} s")
            time.sleep(0.3)

    def wait_for_ends(self, within: float = _PATIENCE_SECONDS) -> None:
        """Wait until each campaign has handed everybody over, or for so many seconds."""
        deadline = time.monotonic() + within
        while not all(self.run_of(each).get("End") for each in self.campaigns()):
            if time.monotonic() > deadline:
                return
            time.sleep(0.5)

    def counts(self) -> Counts:
        """What the reports and the project say."""
        reports = self.reports()
        ends = Counter(_end(report["campaign"]) for report in reports)
        campaigns = self.campaigns()
        return {
            Cell("Rows", "accepted"): sum(report["accepted"] for report in reports),
            Cell("Rows", "quarantined"): sum(report["quarantined"] for report in reports),
            **{Cell("Files", end): count for end, count in ends.items()},
            Cell("Campaigns", "made"): len(campaigns),
            Cell("Campaigns", "begun while another ran"): _overlaps(map(self._times, campaigns)),
        }

    def reports(self) -> list[dict[str, Any]]:
        """What was told of the files."""
        s3 = self.account.client("s3")
        listed = s3.list_objects_v2(Bucket=self._bucket, Prefix=f"reports/{self.tag}-").get("Contents", [])
        return [json.load(s3.get_object(Bucket=self._bucket, Key=each["Key"])["Body"]) for each in listed]

    def campaigns(self) -> list[dict[str, Any]]:
        """The campaigns that were made of them."""
        found: list[dict[str, Any]] = self.account.client("pinpoint").get_campaigns(
            ApplicationId=self._application_id, PageSize="100"
        )["CampaignsResponse"]["Item"]
        return [each for each in found if f"-{self.tag}-" in each["Name"]]

    def run_of(self, campaign: Mapping[str, Any]) -> Mapping[str, Any]:
        """How far a campaign is; empty before it begins."""
        runs = self.account.client("pinpoint").get_campaign_activities(
            ApplicationId=self._application_id, CampaignId=campaign["Id"]
        )["ActivitiesResponse"]["Item"]
        return runs[0] if runs else {}

    def _times(self, campaign: Mapping[str, Any]) -> tuple[str, str]:
        """When a campaign's run has begun and ended; far from now what it has not yet."""
        run = self.run_of(campaign)
        return run.get("Start", "9999"), run.get("End", "9999")

    @property
    def _bucket(self) -> str:
        return self.account.output(_STACK, "BucketName")

    @property
    def _application_id(self) -> str:
        return self.account.output("Project", "ApplicationId")


def _end(campaign: Mapping[str, str]) -> str:
    return "sent to" if campaign["outcome"] == "STARTED" else f"not sent to: {campaign['reason']}"


def _overlaps(runs: Iterable[tuple[str, str]]) -> int:
    """How many runs have begun before an earlier one had ended."""
    overlaps, last_end = 0, ""
    for start, end in sorted(runs):
        overlaps += start < last_end
        last_end = max(last_end, end)
    return overlaps


def verify_sender(account: Account) -> None:
    """Make the project's sender an identity of SES."""
    ses = account.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=_SENDER)


def _mails(account: Account, tag: str) -> Counts:
    mails = [mail for mail in kept_mail(account.endpoint) if f"+{tag}-" in mail["To"][0]]
    both = sum(" and " in mail["BodyText"] for mail in mails)
    return {
        Cell("Mail kept", "messages"): len(mails),
        Cell("Mail kept", "people"): len({mail["To"][0] for mail in mails}),
        Cell("Mail kept", "of one interest"): len(mails) - both,
        Cell("Mail kept", "of two interests"): both,
    }
