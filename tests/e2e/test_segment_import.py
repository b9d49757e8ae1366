"""Files in a bucket become segments, on the embedded AWS under IAM."""

import json
import time
import uuid
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.stage import Stage

pytestmark = pytest.mark.e2e
ROWS = (
    b"ChannelType,Address,Id\nCUSTOM,a,one\nEMAIL,nobody,two\nEMAIL,success@simulator.amazonses.com,three\n"
)


@pytest.fixture
def account(hosted_stage: Stage) -> Account:
    return hosted_stage.account


def drop(account: Account, content: bytes) -> str:
    """Put a file below a new segment's name, and give the name."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    bucket = account.output("SegmentImport", "BucketName")
    account.client("s3").put_object(Bucket=bucket, Key=f"segments/{name}/file", Body=content)
    return name


def report(account: Account, name: str) -> dict[str, Any]:
    s3, bucket = account.client("s3"), account.output("SegmentImport", "BucketName")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"reports/{name}/").get("Contents", [])
        if listed:
            found: dict[str, Any] = json.load(s3.get_object(Bucket=bucket, Key=listed[0]["Key"])["Body"])
            return found
        time.sleep(0.3)
    pytest.fail(f"no report for {name}")


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
    functions, machine = account.client("stepfunctions"), account.output("SegmentImport", "StateMachineArn")
    inputs = [
        functions.describe_execution(executionArn=execution["executionArn"])["input"]
        for execution in functions.list_executions(stateMachineArn=machine)["executions"]
    ]
    (again,) = (text for text in inputs if name in text)
    execution = functions.start_execution(stateMachineArn=machine, input=again)["executionArn"]
    deadline = time.monotonic() + 30
    while functions.describe_execution(executionArn=execution)["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert functions.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    jobs = account.client("pinpoint").get_import_jobs(
        ApplicationId=account.output("Project", "ApplicationId"), PageSize="100"
    )["ImportJobsResponse"]["Item"]
    assert [job["Definition"].get("SegmentName") for job in jobs].count(name) == 1
