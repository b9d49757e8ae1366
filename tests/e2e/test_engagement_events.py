"""Events through the deployed stream: counted in the archive by DuckDB, and told to the platform once."""

import gzip
import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from embedded.demo.account import Account
from embedded.demo.scenarios.campaign import CDP
from embedded.demo.stage import Stage
from embedded.vendors.faults import FaultPlan
from tests.support.archive_reader import ArchiveReader
from tests.support.embedded_aws import eventually
from tests.support.payloads import payload

pytestmark = pytest.mark.e2e

_STACK: Final = "EngagementEvents"
_WITHIN: Final = 45.0


class Archive:
    """The stack's bucket, table and saved queries."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._s3 = account.client("s3")
        self._bucket = account.output(_STACK, "ArchiveBucketName")

    def files(self, prefix: str) -> dict[str, bytes]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key: self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read() for key in keys}

    def holding(self, mark: str) -> dict[str, list[dict[str, Any]]]:
        """The lines that hold a text, by the folder of their file."""
        found: dict[str, list[dict[str, Any]]] = {}
        for key, body in self.files("events/").items():
            lines = gzip.decompress(body).decode().splitlines()
            found.setdefault(key.rpartition("/")[0], []).extend(
                json.loads(line) for line in lines if mark in line
            )
        return {folder: lines for folder, lines in found.items() if lines}

    def reader(self, folder: Path) -> ArchiveReader:
        for key, body in self.files("events/").items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        table = self._account.client("glue").get_table(
            DatabaseName=self._account.output(_STACK, "ArchiveDatabaseName"),
            Name=self._account.output(_STACK, "ArchiveTableName"),
        )
        return ArchiveReader(table["Table"], folder)

    def queries(self) -> dict[str, str]:
        athena = self._account.client("athena")
        listed = athena.list_named_queries(WorkGroup=self._account.output(_STACK, "ArchiveWorkgroupName"))
        saved = [athena.get_named_query(NamedQueryId=each)["NamedQuery"] for each in listed["NamedQueryIds"]]
        return {query["Name"]: query["QueryString"] for query in saved}


def mail_events(app: str, campaign: str, number: int, kinds: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The events of one mail, each sent now."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    for kind in kinds:
        event = payload(f"pinpoint_stream/email_{kind}")
        event |= {"event_timestamp": now, "arrival_timestamp": now}
        event["application"]["app_id"] = app
        event["client"]["client_id"] = f"{campaign}-{number}"
        event["attributes"] |= {"campaign_id": campaign}
        mail_event = event["facets"]["email_channel"]["mail_event"]
        mail_event["mail"]["message_id"] = f"{campaign}-{number}"
        for listed in ("bounced_recipients", "complained_recipients"):
            for recipient in mail_event.get(kind.removeprefix("hard"), {}).get(listed, []):
                recipient["email_address"] = f"{kind}+{campaign}-{number}@example.com"
        yield event


def stream(account: Account, *records: bytes) -> None:
    name = account.output(_STACK, "StreamName")
    entries = [{"Data": record, "PartitionKey": str(number)} for number, record in enumerate(records)]
    answer = account.client("kinesis").put_records(StreamName=name, Records=entries)
    assert answer["FailedRecordCount"] == 0


def encoded(events: Sequence[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


def test_events_arrive_in_the_archive_by_type_and_day_and_are_counted_once(
    hosted_stage: Stage, tmp_path: Path
) -> None:
    account, campaign = hosted_stage.account, uuid.uuid4().hex
    app, archive = account.output("Project", "ApplicationId"), Archive(account)
    mails = [("send", "delivered", "open")] * 6 + [("send", "delivered")] * 3
    mails += [("send", "hardbounce")] * 2 + [("send", "delivered", "complaint")]
    events = [
        event for number, kinds in enumerate(mails) for event in mail_events(app, campaign, number, kinds)
    ]
    # Every third event is streamed a second time.
    sent = [*events, *events[::3]]
    stream(account, *encoded(sent))

    def arrived() -> dict[str, list[dict[str, Any]]]:
        return archive.holding(campaign)

    found = eventually(arrived, lambda seen: sum(map(len, seen.values())) >= len(sent), within=_WITHIN)
    assert {folder: len(lines) for folder, lines in found.items()} == expected_folders(app, sent)
    assert all(line["event_type"] in folder for folder, lines in found.items() for line in lines)
    reader = archive.reader(tmp_path)
    answers = {name: reader.ask(query) for name, query in archive.queries().items()}
    mine = {name: row for name, rows in answers.items() for row in rows if row[0] == campaign}
    assert mine == {
        "delivery-rate-by-campaign": (campaign, 12, 10, 0.8333),
        "bounce-rate-by-campaign": (campaign, 12, 2, 0, 0.1667),
        "open-rate-by-campaign": (campaign, 12, 10, 6, 0.6),
        "complaints-by-campaign": (campaign, 12, 1, 0.1),
    }


def expected_folders(app: str, sent: Sequence[dict[str, Any]]) -> dict[str, int]:
    folders: dict[str, int] = {}
    for event in sent:
        day = datetime.fromtimestamp(event["arrival_timestamp"] / 1000, UTC).date()
        folder = f"events/application_id={app}/event_type={event['event_type']}/day={day}"
        folders[folder] = folders.get(folder, 0) + 1
    return folders


def test_an_event_put_by_an_app_shares_the_partition_of_other_types(hosted_stage: Stage) -> None:
    account, mark = hosted_stage.account, uuid.uuid4().hex
    app = account.output("Project", "ApplicationId")
    event = {
        "EventType": "shop.viewed",
        "Timestamp": datetime.now(UTC).isoformat(),
        "Attributes": {"mark": mark},
    }
    item = {"Endpoint": {}, "Events": {"one": event}}
    answer = account.client("pinpoint").put_events(
        ApplicationId=app, EventsRequest={"BatchItem": {f"archive-{mark}": item}}
    )
    (result,) = answer["EventsResponse"]["Results"].values()
    assert result["EventsItemResponse"]["one"]["StatusCode"] == 202
    archive = Archive(account)
    found = eventually(lambda: archive.holding(mark), within=_WITHIN)
    ((folder, (line,)),) = found.items()
    assert folder.startswith(f"events/application_id={app}/event_type=other/day=20")
    assert line["event_type"] == "shop.viewed"


def test_a_record_that_is_no_event_is_kept_apart_and_stops_none(hosted_stage: Stage) -> None:
    account, campaign = hosted_stage.account, uuid.uuid4().hex
    app, archive = account.output("Project", "ApplicationId"), Archive(account)
    before = set(archive.files("errors/"))
    stream(account, b"rubbish", *encoded(list(mail_events(app, campaign, 1, ["send"]))))
    assert eventually(lambda: archive.holding(campaign), within=_WITHIN)
    failed = eventually(lambda: set(archive.files("errors/")) - before, within=_WITHIN)
    assert all(key.startswith("errors/processing-failed/20") for key in failed)


def test_a_platform_hears_of_a_bounce_a_complaint_and_an_opt_out_once_each(hosted_stage: Stage) -> None:
    account, campaign = hosted_stage.account, uuid.uuid4().hex
    app = account.output("Project", "ApplicationId")
    intake = hosted_stage.intakes[CDP]
    intake.begin(FaultPlan(0, throttled=0, broken=0, cut=0))
    opt_out = payload("pinpoint_stream/sms_optout")
    opt_out["application"]["app_id"] = app
    number = f"+1206555{int(campaign[:4], 16) % 10_000:04d}"
    opt_out["attributes"] |= {"destination_phone_number": number, "sender_request_id": campaign}
    events = [*mail_events(app, campaign, 1, ["hardbounce", "complaint"]), opt_out]
    stream(account, *encoded([*events, *events]))
    told = {f"hardbounce+{campaign}-1@example.com", f"complaint+{campaign}-1@example.com", number}

    def heard() -> list[str]:
        return [entry.recipient for entry in intake.journal.entries if entry.accepted]

    eventually(heard, lambda seen: told <= set(seen), within=_WITHIN)
    assert sorted(one for one in heard() if one in told) == sorted(told)
    assert intake.journal.count(lambda entry: entry.status in (401, 422)) == 0
