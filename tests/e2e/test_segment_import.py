"""Files in a bucket become segments and campaigns, on the embedded AWS under IAM."""

import contextlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.mail import kept_mail
from embedded.demo.stage import Stage

pytestmark = pytest.mark.e2e
ROWS = (
    b"ChannelType,Address,Id\nCUSTOM,a,one\nEMAIL,nobody,two\nEMAIL,success@simulator.amazonses.com,three\n"
)


INTERESTS = ["chess", "opera"]
TAG = uuid.uuid4().hex[:8]


@pytest.fixture(scope="module")
def account(hosted_stage: Stage) -> Account:
    return hosted_stage.account


def drop(account: Account, content: bytes, prefix: str = "segments/") -> str:
    """Put a file below a new segment's name, and give the name."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    bucket = account.output("SegmentImport", "BucketName")
    account.client("s3").put_object(Bucket=bucket, Key=f"{prefix}{name}/file", Body=content)
    return name


def eventually(look: Callable[[], Any], what: str, within: float = 60) -> Any:
    """What is there once something is."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    pytest.fail(f"{what}: nothing after {within:.0f} s")


def report(account: Account, name: str) -> dict[str, Any]:
    s3, bucket = account.client("s3"), account.output("SegmentImport", "BucketName")
    listed = eventually(
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix=f"reports/{name}/").get("Contents"), f"report {name}"
    )
    told: dict[str, Any] = json.load(s3.get_object(Bucket=bucket, Key=listed[0]["Key"])["Body"])
    return told


def notify_again(account: Account, name: str, machine: str = "StateMachineArn") -> str:
    """Start the state machine as the event that comes twice does; how that execution ended."""
    functions, arn = account.client("stepfunctions"), account.output("SegmentImport", machine)
    inputs = [
        functions.describe_execution(executionArn=execution["executionArn"])["input"]
        for execution in functions.list_executions(stateMachineArn=arn)["executions"]
    ]
    (again,) = (text for text in inputs if name in text)
    execution = functions.start_execution(stateMachineArn=arn, input=again)["executionArn"]

    def ended() -> str | None:
        status: str = functions.describe_execution(executionArn=execution)["status"]
        return None if status == "RUNNING" else status

    status: str = eventually(ended, f"second execution for {name}")
    return status


def test_the_good_rows_of_a_file_become_a_segment_and_the_bad_one_is_named(account: Account) -> None:
    name = drop(account, ROWS)
    told = report(account, name)
    assert (told["outcome"], told["accepted"], told["quarantined"]) == ("IMPORTED", 2, 1)
    assert told["import_failures"] == 0
    segment = account.client("pinpoint").get_segment(
        ApplicationId=account.output("Project", "ApplicationId"), SegmentId=told["segment_id"]
    )["SegmentResponse"]
    assert (segment["Name"], segment["ImportDefinition"]["Size"]) == (name, 2)


def test_json_lines_serve_as_well(account: Account) -> None:
    rows = [{"ChannelType": "CUSTOM", "Address": "a", "Attributes": {"Plan": ["basic"]}}, {"Address": "b"}]
    told = report(account, drop(account, b"\n".join(json.dumps(row).encode() for row in rows)))
    assert (told["outcome"], told["accepted"]) == ("IMPORTED", 1)
    assert told["quarantined_by_reason"] == {"missing_channel_type": 1}


def test_a_file_that_cannot_be_imported_ends_in_a_report_too(account: Account) -> None:
    told = report(account, drop(account, b"<html>not found</html>"))
    assert (told["outcome"], told["refused"]["reason"]) == ("REFUSED", "not_a_csv")


def test_an_event_that_comes_twice_makes_one_segment(account: Account) -> None:
    name = drop(account, ROWS)
    report(account, name)
    assert notify_again(account, name) == "SUCCEEDED"
    jobs = account.client("pinpoint").get_import_jobs(
        ApplicationId=account.output("Project", "ApplicationId"), PageSize="100"
    )["ImportJobsResponse"]["Item"]
    assert [job["Definition"].get("SegmentName") for job in jobs].count(name) == 1


@dataclass(frozen=True)
class Sent:
    """Two files that are fit to be sent to and one that is not, dropped at once and told of to the end."""

    account: Account
    good: tuple[str, str]
    bad: str
    reports: dict[str, dict[str, Any]]

    def campaigns(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.account.client("pinpoint").get_campaigns(
            ApplicationId=self.account.output("Project", "ApplicationId"), PageSize="100"
        )["CampaignsResponse"]["Item"]
        return [each for each in found if name in each["Name"]]

    def run(self, name: str) -> dict[str, Any] | None:
        """The one run of a file's campaign, once it has ended."""
        (run,) = self.account.client("pinpoint").get_campaign_activities(
            ApplicationId=self.account.output("Project", "ApplicationId"),
            CampaignId=self.reports[name]["campaign"]["id"],
        )["ActivitiesResponse"]["Item"]
        return run if run.get("End") else None


@pytest.fixture(scope="module")
def sent(account: Account) -> Sent:
    ses = account.client("sesv2")
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity="news@example.com")
    first, second = (drop(account, json_lines(f"{TAG}-{number}"), "sends/") for number in range(2))
    bad = drop(account, ROWS, "sends/")
    sent = Sent(account, (first, second), bad, {name: report(account, name) for name in (first, second, bad)})
    for name in (first, second):
        eventually(partial(sent.run, name), f"end of the campaign for {name}")
    return sent


def json_lines(mailbox: str) -> bytes:
    rows = [
        {
            "ChannelType": "EMAIL",
            "Address": f"success+{mailbox}-{number}@simulator.amazonses.com",
            "Id": f"{mailbox}-{number}",
            "OptOut": "NONE",
            "Attributes": {"Interests": INTERESTS},
            "User": {"UserId": f"{mailbox}-{number}", "UserAttributes": {"FirstName": ["Ana"]}},
        }
        for number in range(30)
    ]
    return b"\n".join(json.dumps(row).encode() for row in rows)


def test_a_file_below_sends_becomes_a_segment_and_one_campaign_however_often_it_is_told_of(
    sent: Sent,
) -> None:
    name = sent.good[0]
    told = sent.reports[name]
    assert (told["outcome"], told["campaign"]["outcome"]) == ("IMPORTED", "STARTED")
    assert notify_again(sent.account, name, "SendsStateMachineArn") == "SUCCEEDED"
    (campaign,) = sent.campaigns(name)
    assert (campaign["Id"], campaign["SegmentId"]) == (told["campaign"]["id"], told["segment_id"])


def test_everybody_in_a_file_below_sends_has_one_mail_with_all_values_of_an_attribute(sent: Sent) -> None:
    mails = [mail for mail in kept_mail(sent.account.endpoint) if f"+{TAG}-" in mail["To"][0]]
    reached = Counter(mail["To"][0] for mail in mails)
    assert (len(reached), set(reached.values())) == (60, {1})
    assert {mail["BodyText"] for mail in mails} == {"Hello Ana, there is news about chess and opera."}


def test_two_files_below_sends_take_turns(sent: Sent) -> None:
    one, other = sorted((sent.run(name) or {} for name in sent.good), key=lambda run: str(run["Start"]))
    assert one["End"] <= other["Start"]


def test_a_file_that_is_too_bad_becomes_a_segment_and_is_not_sent_to(sent: Sent) -> None:
    told = sent.reports[sent.bad]
    assert (told["outcome"], told["accepted"]) == ("IMPORTED", 2)
    assert told["campaign"]["outcome"] == "NOT_SENT"
    assert told["campaign"]["reason"] == "too_many_bad_rows"
    assert sent.campaigns(sent.bad) == []
