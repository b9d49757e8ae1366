"""Changes that go by file: written so that nothing is lost, and brought to the end that the import says."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from patterns.audience_sync import bulk
from tests.support.audience_sync import SyncDesk, client_error, creation, sync_desk

COUNT = 5
"""One more than go by call here: the fewest changes that go by file."""
_LONGEST_WRITING, _LONGEST_IMPORT = 600.0, 25 * 3600.0


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncDesk]:
    """A queue in which more waits than calls may take."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(bulk, "MOST_ITEMS", COUNT - 1)
    with sync_desk(import_above=0) as desk:
        desk.sync.mailbox.sqs.send_message(QueueUrl=desk.queue_url, MessageBody="one that waits")
        yield desk


def many(count: int = COUNT, **members: Any) -> list[dict[str, Any]]:
    return [{**creation(f"e{number:03}"), **members} for number in range(count)]


def file_of(desk: SyncDesk) -> tuple[str, float]:
    """The file that a message stands for, and since when."""
    (message,) = desk.sync.bulk.sqs.receive_message(
        QueueUrl=desk.sync.bulk.files_url, WaitTimeSeconds=0, VisibilityTimeout=0
    ).get("Messages") or [{"Body": json.dumps(named_by_changes(desk))}]
    said = json.loads(message["Body"])
    return said["file"], said["at"]


def named_by_changes(desk: SyncDesk) -> dict[str, Any]:
    """The message about a file is delayed by seconds: its name is that of its changes, too."""
    (key,) = desk.written("changes/")
    return {"file": key.removeprefix("changes/").removesuffix(".jsonl"), "at": desk.now[0]}


def filed(desk: SyncDesk, bodies: list[dict[str, Any]]) -> str:
    """Send changes by file; the file's name."""
    assert desk.work(*bodies)[0] == []
    name, _ = file_of(desk)
    return name


def returned(desk: SyncDesk) -> list[dict[str, Any]]:
    """What came back into the queue to go by call."""
    bodies = [record["body"] for record in desk.waiting()]
    return [json.loads(body) for body in bodies if body.startswith("{")]


def ids(messages: list[dict[str, Any]]) -> list[str]:
    return sorted(endpoint["Id"] for message in messages for endpoint in message["endpoints"])


def test_a_long_backlog_goes_by_file_whose_rows_are_whole_endpoints(desk: SyncDesk) -> None:
    again, counts = desk.work(*many())
    assert (again, counts, desk.project.sizes) == ([], {"Filed": COUNT}, [])
    name, at = file_of(desk)
    (rows,) = desk.written("endpoints/").values()
    assert rows == [message["endpoints"][0] for message in many()]
    (changes,) = desk.written("changes/").values()
    assert [(each["endpoint_id"], each["version"]) for each in changes] == [(row["Id"], 1) for row in rows]
    assert list(desk.written("endpoints/")) == [f"endpoints/audience-sync/{name}.jsonl"]
    assert at == desk.now[0]


def test_as_many_as_a_call_takes_go_by_call_and_so_does_all_when_no_more_files_may_be_open(
    desk: SyncDesk,
) -> None:
    assert desk.work(*many(COUNT - 1))[1] == {"Applied": COUNT - 1, "Calls": 1}
    for number in range(5):
        desk.sync.bulk.sqs.send_message(QueueUrl=desk.sync.bulk.files_url, MessageBody=str(number))
    desk.wait(10)
    assert desk.work(*(creation(f"f{number}") for number in range(COUNT)))[1] == {
        "Applied": COUNT,
        "Calls": 1,
    }
    assert desk.written("") == {}


def test_what_no_row_can_say_goes_by_call_beside_the_file(desk: SyncDesk) -> None:
    desk.project.stored["gone"] = {"Id": "gone"}
    others = [
        {**creation("by-call"), "by_api": True},
        {"kind": "delete", "version": 1, "endpoints": [{"Id": "gone"}]},
        {"kind": "update", "version": 1, "endpoints": [{"Id": "unknown", "OptOut": "ALL"}]},
    ]
    counts = desk.work(*many(), *others)[1]
    assert counts == {"Filed": COUNT, "Applied": 1, "Deleted": 1, "DeadLettered": 1, "Calls": 1}
    assert list(desk.project.stored) == ["by-call"]


def test_an_endpoint_whose_next_change_waits_goes_by_call_in_order(desk: SyncDesk) -> None:
    deletion = {"kind": "delete", "version": 2, "endpoints": [{"Id": "twice"}]}
    counts = desk.work(*many(), creation("twice"), deletion)[1]
    assert counts == {"Filed": COUNT, "Applied": 1, "Deleted": 1, "Calls": 1}


@pytest.mark.parametrize("prefix", ["changes/", "endpoints/"])
def test_a_file_that_cannot_be_written_loses_nothing(desk: SyncDesk, prefix: str) -> None:
    s3 = desk.sync.bulk.s3

    def put_object(*, Key: str, **request: Any) -> None:  # noqa: N803
        if Key.startswith(prefix):
            raise client_error(503, "SlowDown")
        s3.put_object(Key=Key, **request)

    object.__setattr__(desk.sync.bulk, "s3", SimpleNamespace(put_object=put_object))
    records = desk.queue(*many())[1:]
    desk.sync.mailbox.sqs.send_message(QueueUrl=desk.queue_url, MessageBody="another that waits")
    assert desk.process(records) == (COUNT, {"Postponed": COUNT})
    object.__setattr__(desk.sync.bulk, "s3", s3)
    if prefix == "endpoints/":
        # Whether the file is there is not known before it must be: then the claims are given back.
        name, at = file_of(desk)
        assert desk.files.settle(name, at) is None
        desk.wait(_LONGEST_WRITING)
        assert desk.files.settle(name, at) == {}
    desk.wait(1)
    assert desk.process(records) == (0, {"Filed": COUNT})


def test_a_file_is_looked_at_again_until_its_import_is_over(desk: SyncDesk) -> None:
    name = filed(desk, many())
    began = desk.now[0]
    for seconds in (0.0, _LONGEST_WRITING, _LONGEST_IMPORT - 1):
        desk.now[0] = began + seconds
        assert desk.files.settle(name, began) is None
    desk.now[0] = began + _LONGEST_IMPORT
    assert desk.files.settle(name, began) == {"Returned": COUNT}
    back = returned(desk)
    assert ids(back) == [message["endpoints"][0]["Id"] for message in many()]
    assert desk.work(*back)[1] == {"Applied": COUNT, "Calls": 1}


def test_what_was_imported_is_applied_once_however_often_it_is_settled(desk: SyncDesk) -> None:
    name = filed(desk, many())
    desk.report(name)
    assert desk.files.settle(name, desk.now[0]) == {"Applied": COUNT}
    desk.files.settle(name, desk.now[0])
    assert desk.work(*many())[1] == {"Stale": COUNT}
    assert returned(desk) == []


def test_a_row_that_was_refused_is_a_dead_letter_with_its_reason_and_the_others_are_applied(
    desk: SyncDesk,
) -> None:
    name = filed(desk, many())
    key = "quarantine/lines.jsonl"
    line = json.dumps({"line": 2, "reason": "invalid_address", "detail": "no such address"})
    desk.sync.bulk.s3.put_object(Bucket=desk.sync.bulk.bucket, Key=key, Body=line)
    # The second row was left out: the third of those that the job counts is the fourth of the file.
    failures = ["file.jsonl line 3 (byte 7): Address is blank"]
    desk.report(name, quarantine_key=key, import_failures=1, failures=failures)
    assert desk.files.settle(name, desk.now[0]) == {"Applied": COUNT - 2, "DeadLettered": 2}
    assert desk.reasons() == ["Address is blank", "invalid_address"]
    # Their claims were given back: what is put right has its way.
    assert desk.work(creation("e001", 1), creation("e003", 1))[1] == {"Applied": 2, "Calls": 1}


def test_of_several_changes_in_a_refused_row_the_one_to_blame_is_found_by_calls(desk: SyncDesk) -> None:
    change = {"kind": "update", "version": 2, "endpoints": [{"Id": "e000", "Address": "other"}]}
    name = filed(desk, [*many(), change])
    desk.report(name, import_failures=1, failures=["file.jsonl line 1 (byte 0): refused"])
    assert desk.files.settle(name, desk.now[0]) == {"Applied": COUNT - 1, "Returned": 2}
    back = returned(desk)
    assert [message["by_api"] for message in back] == [True, True]
    assert sorted(message["version"] for message in back) == [1, 2]


@pytest.mark.parametrize(
    "report",
    [
        {"outcome": "FAILED"},
        {"refused": {"reason": "too_many_bad_rows"}},
        {"import_failures": 2, "failures": ["file.jsonl line 1 (byte 0): refused"]},
        {"import_failures": 1, "failures": ["something else"]},
        {"import_failures": 1, "failures": [f"file.jsonl line {COUNT + 1} (byte 0): refused"]},
    ],
    ids=["failed", "refused", "one-failure-not-told", "no-line", "no-line-of-the-file"],
)
def test_where_a_report_does_not_say_which_rows_failed_all_go_on_by_call(
    desk: SyncDesk, report: dict[str, Any]
) -> None:
    name = filed(desk, many())
    desk.report(name, **report)
    assert desk.files.settle(name, desk.now[0]) == {"Returned": COUNT}
    assert desk.work(*returned(desk))[1] == {"Applied": COUNT, "Calls": 1}
    assert desk.reasons() == []


def test_endpoints_of_a_user_who_was_deleted_while_the_file_was_under_way_are_deleted(desk: SyncDesk) -> None:
    name = filed(desk, [*many(), creation("of-ann", user_id="ann")])
    desk.process(desk.queue({"kind": "delete", "version": 5, "user": {"UserId": "ann"}})[-1:])
    desk.report(name)
    assert desk.files.settle(name, desk.now[0]) == {"Applied": COUNT + 1}
    (deletion,) = [message for message in returned(desk) if "endpoints" in message]
    assert (deletion["kind"], ids([deletion]), deletion["version"]) == ("delete", ["of-ann"], 5)


def test_a_reading_of_the_backlog_is_good_for_ten_seconds(desk: SyncDesk) -> None:
    backlog = desk.sync.bulk.backlog
    assert backlog.is_long()
    backlog.delete(desk.waiting())
    assert backlog.is_long()
    desk.wait(10)
    assert not backlog.is_long()


def test_as_many_messages_are_taken_at_once_as_are_wanted_and_deleted_for_good(desk: SyncDesk) -> None:
    backlog = desk.sync.bulk.backlog
    desk.sync.mailbox.send([])
    for number in range(24):
        desk.sync.mailbox.sqs.send_message(QueueUrl=desk.queue_url, MessageBody=str(number))
    threads = desk.sync.applier.threads
    assert backlog.take(0, threads, seconds=30) == []
    records = backlog.take(11, threads, seconds=30)
    assert {record["body"] for record in records} == {"one that waits", *map(str, range(24))}
    backlog.delete(records)
    left = desk.sync.mailbox.sqs.get_queue_attributes(QueueUrl=desk.queue_url, AttributeNames=["All"])
    assert left["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0"
