"""Changes of users and endpoints reach the project, on the embedded AWS under IAM."""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.queues import DeadLetters, fill
from embedded.demo.stage import Stage
from tests.support.embedded_aws import eventually

pytestmark = pytest.mark.e2e
STACK = "AudienceSync"
WITHIN = 60.0


@pytest.fixture
def account(hosted_stage: Stage) -> Account:
    return hosted_stage.account


@dataclass(frozen=True)
class Audience:
    """What a test sends and finds, under ids of its own.

    Attributes:
        hidden: Deletions of users that wait for their second look, from tests before.
    """

    account: Account
    prefix: str
    hidden: int

    def endpoint(self, name: str, **members: Any) -> dict[str, Any]:
        """All that a new endpoint needs."""
        made = {"Id": f"{self.prefix}{name}", "ChannelType": "CUSTOM", "Address": f"{self.prefix}{name}"}
        return {**made, "OptOut": "NONE", **members}

    def change(self, name: str, **members: Any) -> dict[str, Any]:
        return {"Id": f"{self.prefix}{name}", **members}

    def send(self, messages: Sequence[dict[str, Any] | str]) -> None:
        bodies = [each if isinstance(each, str) else json.dumps(each) for each in messages]
        fill(self.account, self.account.output(STACK, "QueueUrl"), bodies)

    def found(self, name: str) -> dict[str, Any] | None:
        """The endpoint as the project has it."""
        pinpoint = self.account.client("pinpoint")
        application_id = self.account.output("Project", "ApplicationId")
        try:
            answer = pinpoint.get_endpoint(ApplicationId=application_id, EndpointId=f"{self.prefix}{name}")
        except pinpoint.exceptions.NotFoundException:
            return None
        response: dict[str, Any] = answer["EndpointResponse"]
        return response

    def dead(self, count: int, within: float = WITHIN) -> list[tuple[str, dict[str, Any]]]:
        """The dead letters of this test, each with its reason, taken from the queue."""
        letters = DeadLetters.of(self.account, STACK, mark=self.prefix)
        found = eventually(letters.read, lambda seen: len(seen) >= count, within=within)
        return [(letter.reason, json.loads(letter.body)) for letter in found]


@pytest.fixture
def audience(account: Account) -> Audience:
    hidden = waiting(account, "ApproximateNumberOfMessagesNotVisible")
    return Audience(account, f"e2e-{uuid.uuid4().hex[:8]}-", hidden)


def waiting(account: Account, *names: str) -> int:
    """How many messages of the queue of changes are in some states."""
    sqs, url = account.client("sqs"), account.output(STACK, "QueueUrl")
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]
    return sum(int(counts[name]) for name in names)


def drained(audience: Audience) -> bool:
    """Whether nothing of the test waits in the queue any more."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    return bool(eventually(lambda: waiting(audience.account, *names) <= audience.hidden, within=WITHIN))


def test_an_endpoint_is_made_changed_opted_out_and_deleted_whatever_comes_twice_or_late(
    audience: Audience,
) -> None:
    first = {
        "kind": "create",
        "version": 1,
        "endpoints": [audience.endpoint("a", Attributes={"Plan": ["x"]})],
    }
    audience.send([first, first])
    assert eventually(lambda: audience.found("a"), within=WITHIN)
    newest = {"kind": "change", "version": 9, "endpoints": [audience.change("a", Attributes={"Plan": ["z"]})]}
    audience.send([newest])
    assert eventually(lambda: (audience.found("a") or {}).get("Attributes") == {"Plan": ["z"]}, within=WITHIN)
    late = {"kind": "change", "version": 5, "endpoints": [audience.change("a", Attributes={"Plan": ["y"]})]}
    audience.send([late, {"kind": "opt_out", "version": 10, "endpoints": [audience.change("a")]}])
    assert eventually(lambda: (audience.found("a") or {}).get("OptOut") == "ALL", within=WITHIN)
    assert drained(audience)
    assert (audience.found("a") or {})["Attributes"] == {"Plan": ["z"]}
    audience.send([{"kind": "delete", "version": 11, "endpoints": [audience.change("a")]}])
    assert eventually(lambda: audience.found("a") is None, within=WITHIN)
    audience.send([first])
    assert drained(audience)
    assert audience.found("a") is None


def test_what_is_wrong_reaches_the_dead_letters_and_costs_nobody_else_anything(audience: Audience) -> None:
    good = [{"kind": "create", "version": 1, "endpoints": [audience.endpoint(f"good{n}")]} for n in range(60)]
    without_address = audience.endpoint("nowhere")
    del without_address["Address"]
    bad: list[dict[str, Any] | str] = [
        {"kind": "create", "version": 1, "endpoints": [without_address, audience.endpoint("beside")]},
        {"kind": "change", "version": 1, "endpoints": [audience.change("unknown", OptOut="NONE")]},
        {"kind": "create", "version": "soon", "endpoints": [audience.endpoint("late")]},
        {"kind": "create", "version": 1, "endpoints": [audience.endpoint("m", ChannelType="EMAIL")]},
    ]
    audience.send([*good, *bad])
    letters = audience.dead(4)
    assert Counter(reason.partition(":")[0] for reason, _ in letters) == {
        "unknown_endpoint": 2,
        "invalid_version": 1,
        "address_not_of_channel": 1,
    }
    assert drained(audience)
    assert all(audience.found(f"good{n}") for n in range(60))
    assert audience.found("beside")
    assert audience.found("nowhere") is None


def test_a_sixteenth_endpoint_of_a_user_is_found_among_the_others_and_refused_alone(
    audience: Audience,
) -> None:
    user = {"UserId": f"{audience.prefix}user"}
    fifteen = {
        "kind": "create",
        "version": 1,
        "user": user,
        "endpoints": [audience.endpoint(f"u{n}") for n in range(15)],
    }
    audience.send([fifteen])
    assert eventually(lambda: audience.found("u14"), within=WITHIN)
    others = [
        {"kind": "create", "version": 1, "endpoints": [audience.endpoint(f"other{n}")]} for n in range(20)
    ]
    sixteenth = {"kind": "create", "version": 1, "user": user, "endpoints": [audience.endpoint("u15")]}
    audience.send([*others[:10], sixteenth, *others[10:]])
    ((reason, letter),) = audience.dead(1)
    assert "BadRequestException" in reason
    assert letter["endpoints"][0]["Id"].endswith("u15")
    assert eventually(lambda: all(audience.found(f"other{n}") for n in range(20)), within=WITHIN)
    assert audience.found("u15") is None


def test_all_endpoints_of_a_user_are_deleted_and_an_older_change_brings_none_back(
    audience: Audience,
) -> None:
    user = {"UserId": f"{audience.prefix}leaver"}
    made = {"kind": "create", "version": 1, "user": user}
    audience.send([{**made, "endpoints": [audience.endpoint("d0"), audience.endpoint("d1")]}])
    assert eventually(lambda: audience.found("d0") and audience.found("d1"), within=WITHIN)
    audience.send([{"kind": "delete", "version": 3, "user": user}])
    assert eventually(lambda: audience.found("d0") is None and audience.found("d1") is None, within=WITHIN)
    newer = {"kind": "create", "version": 1, "endpoints": [audience.endpoint("marker")]}
    audience.send([{**made, "version": 2, "endpoints": [audience.endpoint("d2")]}, newer])
    assert eventually(lambda: audience.found("marker"), within=WITHIN)
    assert audience.found("d2") is None


@pytest.fixture
def counted(account: Account) -> Callable[[], int]:
    """How many import jobs there are more than before the test."""

    def jobs() -> int:
        pinpoint, application_id = account.client("pinpoint"), account.output("Project", "ApplicationId")
        answer = pinpoint.get_import_jobs(ApplicationId=application_id, PageSize="100")
        return len(answer["ImportJobsResponse"]["Item"])

    before = jobs()
    return lambda: jobs() - before


@contextmanager
def paused(account: Account) -> Iterator[None]:
    """While the block lasts, nobody works on the queue of changes."""
    functions, sqs = account.client("lambda"), account.client("sqs")
    url = account.output(STACK, "QueueUrl")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    (mapping,) = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def test_a_long_backlog_goes_by_file_and_ends_like_the_rest(
    audience: Audience, counted: Callable[[], int]
) -> None:
    count = 1_500
    with paused(audience.account):
        audience.send(
            [
                {"kind": "create", "version": 1, "endpoints": [audience.endpoint(f"f{n}")]}
                for n in range(count)
            ]
        )
    assert eventually(counted, within=WITHIN), "nothing was imported by file"
    sample = [*range(0, count, 50), count - 1]
    assert eventually(lambda: all(audience.found(f"f{n}") for n in sample), within=90)
    # Once the file is over, the next change of its endpoints is no longer held.
    audience.send([{"kind": "opt_out", "version": 2, "endpoints": [audience.change("f7")]}])
    assert eventually(lambda: (audience.found("f7") or {}).get("OptOut") == "ALL", within=90)


def test_a_file_below_endpoints_makes_endpoints_and_no_segment(audience: Audience) -> None:
    s3, bucket = audience.account.client("s3"), audience.account.output(STACK, "ImportBucketName")
    good, silent = audience.endpoint("file"), audience.endpoint("silent")
    del silent["OptOut"]
    key = f"endpoints/{audience.prefix}/people.jsonl"
    s3.put_object(Bucket=bucket, Key=key, Body="\n".join(map(json.dumps, (good, silent))).encode())

    def report() -> Any:
        prefix = f"reports/{audience.prefix}/people.jsonl/"
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return json.load(s3.get_object(Bucket=bucket, Key=listed[0]["Key"])["Body"]) if listed else None

    told = eventually(report, within=WITHIN)
    assert (told["outcome"], told["accepted"], told["segment_id"]) == ("IMPORTED", 1, None)
    assert told["quarantined_by_reason"] == {"missing_opt_out": 1}
    assert audience.found("file")
    assert audience.found("silent") is None
