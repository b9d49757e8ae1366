"""The steps around the check: objects, jobs and reports, against S3, SNS and DynamoDB as moto has them."""

import importlib
import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.support.lambda_context import LambdaContext

BUCKET = "files"
CONTENT = b"ChannelType,Address\nCUSTOM,a\nEMAIL,nobody\nCUSTOM,b\n"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with mock_aws():
        for name, value in {
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "APPLICATION_ID": "a" * 32,
            "LEDGER_TABLE": "ledger",
            "IMPORT_ROLE_ARN": "arn:aws:iam::123456789012:role/import",
            "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:topic",
        }.items():
            monkeypatch.setenv(name, value)
        boto3.client("sns").create_topic(Name="topic")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        boto3.client("dynamodb").create_table(
            TableName="ledger",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield s3


def step(name: str) -> ModuleType:
    """The module as a cold start would load it."""
    sys.modules.pop(f"patterns.segment_import.{name}", None)
    return importlib.import_module(f"patterns.segment_import.{name}")


def dropped(s3: Any, content: bytes = CONTENT, key: str = "segments/vip/file.csv") -> dict[str, Any]:
    version = s3.put_object(Bucket=BUCKET, Key=key, Body=content)["VersionId"]
    found = {"bucket": BUCKET, "key": key, "version_id": version, "sequencer": "1", "size": len(content)}
    return {"object": found}


def read(s3: Any, key: str) -> bytes:
    content: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


class Jobs:
    """A Pinpoint that makes import jobs, and may lose its first answer."""

    def __init__(self, *, loses_answer: bool = False) -> None:
        self.made: list[dict[str, Any]] = []
        self._loses_answer = loses_answer
        self.status = "PROCESSING"

    def create_import_job(self, **request: Any) -> dict[str, Any]:
        definition = request["ImportJobRequest"] | {"SegmentId": "s1"}
        self.made.append({"Id": f"j{len(self.made)}", "JobStatus": "CREATED", "Definition": definition})
        if self._loses_answer:
            self._loses_answer = False
            raise TimeoutError
        return {"ImportJobResponse": self.made[-1]}

    def get_import_jobs(self, **_: Any) -> dict[str, Any]:
        return {"ImportJobsResponse": {"Item": self.made}}

    def get_import_job(self, **_: Any) -> dict[str, Any]:
        done = {"TotalProcessed": 2, "TotalFailures": 1, "Failures": ["line 3: why"]}
        return {"ImportJobResponse": self.made[-1] | {"JobStatus": self.status} | done}


def with_jobs(jobs: Jobs) -> ModuleType:
    module = step("jobs")
    vars(module)["_CREATING"] = vars(module)["_READING"] = jobs
    return module


def test_a_file_is_parted_into_an_object_to_import_and_one_to_mend(aws: Any) -> None:
    state = dropped(aws)
    answer = step("check").handler(state, LambdaContext())
    assert answer["outcome"] == "READY"
    assert (answer["rows"], answer["accepted"], answer["quarantined"]) == (3, 2, 1)
    assert answer["quarantined_by_reason"] == {"address_not_of_channel": 1}
    assert read(aws, answer["accepted_key"]) == b"ChannelType,Address\nCUSTOM,a\nCUSTOM,b\n"
    assert json.loads(read(aws, answer["quarantine_key"]))["line"] == 3


def test_a_large_file_goes_through_in_parts(aws: Any) -> None:
    rows = b"".join(b"CUSTOM,%0100d\n" % number for number in range(100_000))
    answer = step("check").handler(dropped(aws, b"ChannelType,Address\n" + rows), LambdaContext())
    assert answer["accepted"] == 100_000
    assert read(aws, answer["accepted_key"]) == b"ChannelType,Address\n" + rows


def test_the_version_that_the_event_named_is_checked_not_the_newest(aws: Any) -> None:
    state = dropped(aws)
    dropped(aws, b"rubbish")
    assert step("check").handler(state, LambdaContext())["accepted"] == 2


@pytest.mark.parametrize(
    ("content", "key", "reason"),
    [
        (b"", "segments/vip/file.csv", "empty_file"),
        (b"rubbish", "segments/vip/file.csv", "not_a_csv"),
        (CONTENT, "segments/file.csv", "not_below_segments_name"),
        (b"ChannelType,Address\nEMAIL,nobody\n", "segments/vip/file.csv", "no_good_row"),
    ],
)
def test_a_file_that_cannot_be_imported_is_answered_with_the_reason(
    aws: Any, content: bytes, key: str, reason: str
) -> None:
    answer = step("check").handler(dropped(aws, content, key), LambdaContext())
    assert (answer["outcome"], answer["reason"]) == ("REFUSED", reason)


def test_a_file_over_the_limit_of_an_import_is_refused_unread(aws: Any) -> None:
    state = dropped(aws)
    state["object"]["size"] = 1024**3 + 1
    assert step("check").handler(state, LambdaContext())["reason"] == "file_too_large"


def test_a_file_that_is_gone_is_refused(aws: Any) -> None:
    state = dropped(aws)
    aws.delete_object(Bucket=BUCKET, Key=state["object"]["key"], VersionId=state["object"]["version_id"])
    assert step("check").handler(state, LambdaContext())["reason"] == "object_gone"


def test_an_import_names_the_segment_both_flags_and_the_role(aws: Any) -> None:
    jobs = Jobs()
    state = dropped(aws)
    state["check"] = step("check").handler(state, LambdaContext())
    with_jobs(jobs).start(state, LambdaContext())
    definition = jobs.made[0]["Definition"]
    assert (definition["RegisterEndpoints"], definition["DefineSegment"]) == (True, True)
    assert definition["SegmentName"] == "vip"
    assert definition["S3Url"] == f"s3://{BUCKET}/{state['check']['accepted_key']}"
    assert definition["RoleArn"].endswith(":role/import")


def test_a_file_of_endpoints_is_imported_without_a_segment(aws: Any) -> None:
    jobs = Jobs()
    content = b"ChannelType,Address,OptOut\nCUSTOM,a,NONE\nCUSTOM,b,\n"
    state = dropped(aws, content, "endpoints/nightly/file.csv")
    state["check"] = step("check").handler(state, LambdaContext())
    assert state["check"]["quarantined_by_reason"] == {"missing_opt_out": 1}
    with_jobs(jobs).start(state, LambdaContext())
    definition = jobs.made[0]["Definition"]
    assert (definition["RegisterEndpoints"], definition["DefineSegment"]) == (True, False)
    assert "SegmentName" not in definition
    state["job"] = {"id": "j0", "status": "COMPLETED", "processed": 1, "failures": 0}
    report, notification = reported(aws, state)
    assert (report["outcome"], report["segment"]) == ("IMPORTED", None)
    assert notification["report_key"].startswith("reports/nightly/file.csv/")


def test_a_start_whose_answer_was_lost_adopts_its_job_and_makes_no_second(aws: Any) -> None:
    jobs = Jobs(loses_answer=True)
    state = dropped(aws)
    state["check"] = step("check").handler(state, LambdaContext())
    module = with_jobs(jobs)
    with pytest.raises(TimeoutError):
        module.start(state, LambdaContext())
    assert module.start(state, LambdaContext())["id"] == "j0"
    assert len(jobs.made) == 1


def test_a_start_is_not_given_up_while_the_api_may_still_make_the_job(aws: Any) -> None:
    creating = step("jobs")._CREATING.meta.config
    # API Gateway's limit, and that of the function behind it.
    assert creating.read_timeout > 29
    assert creating.retries["total_max_attempts"] == 1


def test_a_start_that_failed_before_the_job_was_made_makes_it_when_it_is_repeated(aws: Any) -> None:
    jobs = Jobs()
    state = dropped(aws)
    state["check"] = step("check").handler(state, LambdaContext())
    with_jobs(jobs).start(state, LambdaContext())
    jobs.made.clear()
    assert with_jobs(jobs).start(state, LambdaContext())["id"] == "j0"


def test_a_poll_waits_longer_and_longer_and_then_gives_up(aws: Any) -> None:
    jobs = Jobs()
    jobs.made.append({"Id": "j0", "Definition": {"SegmentId": "s1"}})
    module = with_jobs(jobs)
    first = module.poll({"job": {"id": "j0", "polls": 0}}, LambdaContext())
    later = module.poll({"job": {"id": "j0", "polls": 500}}, LambdaContext())
    assert (first["done"], first["wait_seconds"], later["wait_seconds"]) == (False, 1, 30)
    with pytest.raises(module.JobTooSlow):
        module.poll({"job": {"id": "j0", "polls": 720}}, LambdaContext())


def test_a_poll_of_a_job_that_ended_says_its_counts(aws: Any) -> None:
    jobs = Jobs()
    jobs.made.append({"Id": "j0", "Definition": {"SegmentId": "s1"}})
    jobs.status = "COMPLETED"
    answer = with_jobs(jobs).poll({"job": {"id": "j0", "polls": 3}}, LambdaContext())
    assert (answer["done"], answer["status"], answer["segment_id"]) == (True, "COMPLETED", "s1")
    assert (answer["processed"], answer["failures"]) == (2, 1)


def reported(aws: Any, state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report object and the notification."""
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    sns.subscribe(
        TopicArn="arn:aws:sns:us-east-1:123456789012:topic",
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:123456789012:told",
    )
    module = step("report")
    jobs = Jobs()
    jobs.made.append({"Id": "j0", "Definition": {}})
    vars(module)["_PINPOINT"] = jobs
    module.handler(state, LambdaContext())
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    notification = json.loads(json.loads(message["Body"])["Message"])
    return json.loads(read(aws, notification["report_key"])), notification


def test_a_report_and_a_notification_say_the_counts(aws: Any) -> None:
    state = dropped(aws)
    state["check"] = step("check").handler(state, LambdaContext())
    state["job"] = {"id": "j0", "status": "COMPLETED", "segment_id": "s1", "processed": 2, "failures": 1}
    report, notification = reported(aws, state)
    for told in (report, notification):
        assert told["outcome"] == "IMPORTED"
        assert (told["rows"], told["accepted"], told["quarantined"]) == (3, 2, 1)
        assert told["quarantined_by_reason"] == {"address_not_of_channel": 1}
        assert (told["segment_id"], told["import_processed"], told["import_failures"]) == ("s1", 2, 1)
    assert report["failures"] == ["line 3: why"]
    assert "failures" not in notification


def test_a_refused_file_is_reported_with_its_reason(aws: Any) -> None:
    state = dropped(aws, b"rubbish")
    state["check"] = step("check").handler(state, LambdaContext())
    report, notification = reported(aws, state)
    assert (report["outcome"], notification["outcome"]) == ("REFUSED", "REFUSED")
    assert report["refused"]["reason"] == "not_a_csv"


def test_a_step_that_failed_is_reported_without_anybodys_address(aws: Any) -> None:
    state = dropped(aws)
    state["error"] = {"Error": "Runtime.HandlerError", "Cause": "no such a@example.com"}
    report, _ = reported(aws, state)
    assert report["outcome"] == "FAILED"
    assert report["error"] == {"name": "Runtime.HandlerError", "cause": "no such <redacted>"}


SENT_TO = "sends/vip/file.csv"


@pytest.mark.parametrize(
    ("send", "outcome", "campaign"),
    [
        (
            {"outcome": "STARTED", "campaign_id": "c1", "campaign_name": "n"},
            "IMPORTED",
            {"outcome": "STARTED", "id": "c1", "name": "n"},
        ),
        (
            {"outcome": "NOT_SENT", "reason": "too_many_bad_rows", "detail": "6 of 9"},
            "IMPORTED",
            {"outcome": "NOT_SENT", "reason": "too_many_bad_rows", "detail": "6 of 9"},
        ),
        (
            {"outcome": "FAILED", "reason": "campaign_refused", "detail": "no a@example.com"},
            "FAILED",
            {"outcome": "FAILED", "reason": "campaign_refused", "detail": "no <redacted>"},
        ),
        (
            {"outcome": "TURN", "campaign_name": "n"},
            "IMPORTED",
            {"outcome": "UNKNOWN", "reason": "no_answer", "name": "n"},
        ),
        ({"outcome": "WAIT"}, "IMPORTED", {"outcome": "NOT_SENT", "reason": "turn_never_came"}),
    ],
)
def test_a_report_and_a_notification_say_what_came_of_the_campaign(
    aws: Any, send: dict[str, Any], outcome: str, campaign: dict[str, Any]
) -> None:
    state = dropped(aws, key=SENT_TO)
    state["check"] = step("check").handler(state, LambdaContext())
    state["job"] = {"id": "j0", "status": "COMPLETED", "segment_id": "s1", "processed": 2, "failures": 0}
    report, notification = reported(aws, state | {"send": send})
    for told in (report, notification):
        assert (told["outcome"], told["segment"], told["campaign"]) == (outcome, "vip", campaign)


def test_a_file_that_is_not_imported_is_not_sent_to_and_the_report_says_so(aws: Any) -> None:
    state = dropped(aws, b"rubbish", SENT_TO)
    state["check"] = step("check").handler(state, LambdaContext())
    report, _ = reported(aws, state)
    assert report["campaign"] == {"outcome": "NOT_SENT", "reason": "not_imported"}


def test_a_report_counts_files_rows_and_campaigns(aws: Any, capsys: pytest.CaptureFixture[str]) -> None:
    state = dropped(aws, key=SENT_TO)
    state["check"] = step("check").handler(state, LambdaContext())
    state["job"] = {"id": "j0", "status": "COMPLETED", "segment_id": "s1", "processed": 2, "failures": 1}
    state["send"] = {"outcome": "STARTED", "campaign_id": "c1", "campaign_name": "n"}
    reported(aws, state)
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    (counts,) = counted
    assert (counts["Pattern"], counts["Prefix"]) == ("SegmentImport", "sends/")
    assert (counts["FilesImported"], counts["CampaignsStarted"]) == (1, 1)
    assert (counts["RowsAccepted"], counts["RowsQuarantined"], counts["RowsNotImported"]) == (2, 1, 1)


def test_an_upload_that_breaks_leaves_nothing_behind(aws: Any) -> None:
    upload = step("upload").Upload(aws, BUCKET, "accepted/x")

    def break_off() -> None:
        with upload:
            upload.write(b"x" * 9 * 1024 * 1024)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert "Uploads" not in aws.list_multipart_uploads(Bucket=BUCKET)
    with pytest.raises(ClientError):
        read(aws, "accepted/x")
