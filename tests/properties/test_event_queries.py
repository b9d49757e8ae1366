"""The saved queries of the event archive, asked of files whose counts are known beforehand.

The files lie where the delivery's own jq program and prefix put them; the queries are the template's texts.
"""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aws_cdk.assertions import Template
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded.firehose.partitions import keys_of
from pinpoint_patterns import EventStream
from tests.support.archive_reader import ArchiveReader
from tests.support.payloads import payload
from tests.support.templates import APPLICATION_ID, only, resources, template_of

OUTCOMES = ("delivered", "hardbounce", "softbounce", "open", "complaint")
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Mail:
    """One mail and what came of it.

    Attributes:
        age: Days since it was sent.
        outcomes: Each with the age of its event in days, and how often the event was streamed.
        copies: How often the sending was.
    """

    number: int
    endpoint: str
    campaign: str | None
    age: int
    outcomes: tuple[tuple[str, int, int], ...]
    copies: int

    def events(self, now: datetime) -> Iterator[dict[str, Any]]:
        for kind, age, copies in (("send", self.age, self.copies), *self.outcomes):
            event = payload(f"pinpoint_stream/email_{kind}")
            event["event_timestamp"] = _milliseconds(now - timedelta(days=self.age))
            event["arrival_timestamp"] = _milliseconds(now - timedelta(days=age))
            event["client"]["client_id"] = self.endpoint
            event["attributes"] = {"campaign_id": self.campaign} if self.campaign else {}
            event["facets"]["email_channel"]["mail_event"]["mail"]["message_id"] = f"mail-{self.number}"
            yield from [event] * copies

    def came_to(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _, _ in self.outcomes)


@st.composite
def mails(draw: st.DrawFn) -> list[Mail]:
    # Neither side of the window's edge: the day may change while a test runs.
    ages = st.integers(0, 29) | st.integers(32, 40)
    found: list[Mail] = []
    for number in range(draw(st.integers(0, 25))):
        age = draw(ages)
        outcome = st.tuples(st.sampled_from(OUTCOMES), st.integers(0, age), st.integers(1, 3))
        found.append(
            Mail(
                number,
                endpoint=draw(st.sampled_from(["e1", "e2", "e3", "e4"])),
                campaign=draw(st.sampled_from(["c1", "c2", "c3", None])),
                age=age,
                outcomes=tuple(draw(st.lists(outcome, max_size=5))),
                copies=draw(st.integers(1, 3)),
            )
        )
    return found


@pytest.fixture(scope="module")
def template() -> Template:
    return template_of(lambda stack, project: EventStream(stack, "Stream", project=project).archive())


@given(mails())
@settings(max_examples=20, deadline=None)
def test_each_query_counts_each_message_once(template: Template, sent: list[Mail]) -> None:
    now = datetime.now(UTC)
    events = [event for mail in sent for event in mail.events(now)]
    # What must not count: another application's mail, what is no mail, and an app's own events.
    strange = [event | {"application": {"app_id": "f" * 32}} for event in events[:5]]
    others = [payload(f"pinpoint_stream/{name}") for name in ("campaign_send", "custom_event")]
    with TemporaryDirectory() as folder:
        write(template, Path(folder), [*events, *strange, *others])
        reader = ArchiveReader(only(template, "AWS::Glue::Table")["TableInput"], Path(folder))
        answers = {name: reader.ask(query) for name, query in queries(template).items()}
    assert answers == expected([mail for mail in sent if mail.age <= 30], now)


def expected(sent: Sequence[Mail], now: datetime) -> dict[str, Rows]:
    """What each query answers, counted without SQL."""
    campaigns: dict[str, list[Mail]] = defaultdict(list)
    for mail in sent:
        if mail.campaign:
            campaigns[mail.campaign].append(mail)
    largest = sorted(campaigns, key=lambda name: (-len(campaigns[name]), name))
    answers: dict[str, Rows] = defaultdict(list)
    for name in largest:
        mails = campaigns[name]
        delivered = count(mails, "delivered")
        hard, bounced = count(mails, "hardbounce"), count(mails, "hardbounce", "softbounce")
        opened, complained = count(mails, "open"), count(mails, "complaint")
        read = count(mails, "delivered", "open")
        arrived = count(mails, "delivered", "complaint")
        head = (name, len(mails))
        answers["delivery-rate-by-campaign"].append((*head, delivered, rate(delivered, len(mails))))
        answers["bounce-rate-by-campaign"].append((*head, hard, bounced - hard, rate(bounced, len(mails))))
        answers["open-rate-by-campaign"].append((*head, read, opened, rate(opened, read)))
        answers["complaints-by-campaign"].append((*head, complained, rate(complained, arrived, 5)))
    answers["unique-opens-by-day"] = opens(sent, now)
    return {name: answers[name] for name in NAMES}


NAMES = (
    "delivery-rate-by-campaign",
    "bounce-rate-by-campaign",
    "open-rate-by-campaign",
    "unique-opens-by-day",
    "complaints-by-campaign",
)


def opens(sent: Sequence[Mail], now: datetime) -> Rows:
    first = {
        mail: max(age for kind, age, _ in mail.outcomes if kind == "open")
        for mail in sent
        if mail.came_to("open")
    }
    counts = Counter(first.values())
    return [
        (
            f"{now - timedelta(days=age):%Y-%m-%d}",
            counts[age],
            len({mail.endpoint for mail, on in first.items() if on == age}),
        )
        for age in sorted(counts, reverse=True)
    ]


def count(mails: Sequence[Mail], *kinds: str) -> int:
    return sum(mail.came_to(*kinds) for mail in mails)


def rate(part: int, whole: int, digits: int = 4) -> Any:
    return pytest.approx(part / whole, abs=0.51 * 10**-digits) if whole else None


def queries(template: Template) -> dict[str, str]:
    found = resources(template, "AWS::Athena::NamedQuery").values()
    return {query["Name"]: query["QueryString"] for query in found}


def write(template: Template, folder: Path, events: Sequence[Mapping[str, Any]]) -> None:
    """Write events to where the template's Firehose stream would."""
    destination = only(template, "AWS::KinesisFirehose::DeliveryStream")["ExtendedS3DestinationConfiguration"]
    program = partition_program(destination)
    files: dict[str, list[str]] = defaultdict(list)
    for event in events:
        line = json.dumps(event)
        files[name_of(destination["Prefix"], dict(keys_of(program, line.encode())))].append(line)
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))


def partition_program(destination: Mapping[str, Any]) -> str:
    """The jq program that finds a record's partition."""
    (program,) = (
        parameter["ParameterValue"]
        for processor in destination["ProcessingConfiguration"]["Processors"]
        for parameter in processor["Parameters"]
        if parameter["ParameterName"] == "MetadataExtractionQuery"
    )
    return str(program)


def name_of(prefix: str, keys: Mapping[str, str]) -> str:
    """The name of the file of a partition."""
    evaluated = re.sub(r"!\{partitionKeyFromQuery:(\w+)\}", lambda found: keys[found[1]], prefix)
    return re.sub(r"!\{timestamp:\w+\}", "00", evaluated) + "file.json.gz"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def test_the_files_and_the_queries_agree_on_the_application(template: Template) -> None:
    assert set(queries(template)) == set(NAMES)
    assert all(APPLICATION_ID in query for query in queries(template).values())
