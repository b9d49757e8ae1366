"""One-time passwords by the stack's function, on the embedded AWS: good once, and written down nowhere."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from embedded.demo.account import Account
from embedded.demo.stage import Stage
from tests.support.handsets import messages

pytestmark = pytest.mark.e2e

# AWS's simulators in a country that has sender ids, one for each test, since a number is sent so many only;
# and the sender that the stack has.
HANDSET, BUSY_HANDSET, COUNTRY, SENDER = "+37282720792", "+37282720793", "EE", "EXAMPLE"
_MOST_SENDS = 5


@pytest.fixture(scope="module")
def account(hosted_stage: Stage) -> Iterator[Account]:
    phones = hosted_stage.account.client("pinpoint-sms-voice-v2")
    phones.request_sender_id(SenderId=SENDER, IsoCountryCode=COUNTRY)
    yield hosted_stage.account
    phones.release_sender_id(SenderId=SENDER, IsoCountryCode=COUNTRY)


def ask(
    account: Account, action: str, reference: str, *, handset: str = HANDSET, **more: str
) -> dict[str, Any]:
    """What the function answers a backend."""
    event = {"action": action, "reference": reference, "destination": handset, **more}
    answer = account.client("lambda").invoke(
        FunctionName=account.output("SendMessage", "OneTimePasswordsFunctionArn"), Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer
    said: dict[str, Any] = json.load(answer["Payload"])
    return said


def newest_code(account: Account) -> str:
    """What the handset shows."""
    text = messages(account.endpoint, **{"from": SENDER, "handset": HANDSET})[-1]["Body"]
    found = re.search(r"\d{6}", text)
    assert found is not None, text
    return found[0]


def test_a_password_is_good_once_and_stands_in_no_log_queue_or_table(account: Account) -> None:
    reference = uuid.uuid4().hex
    assert ask(account, "send", reference) == {"status": "SENT"}
    code = newest_code(account)
    wrong = str((int(code) + 1) % 1_000_000).zfill(6)
    kept = {"while it is good": written_down(account, code)}
    answers = [ask(account, "verify", reference, code=each)["status"] for each in (wrong, code, code)]
    assert answers == ["INVALID", "VALID", "INVALID"]
    kept["afterwards"] = written_down(account, code)
    assert kept == {"while it is good": [], "afterwards": []}


def test_a_number_is_sent_so_many_whatever_the_references(account: Account) -> None:
    # A window may end meanwhile, and the next one allows as many again.
    for _ in range(2 * _MOST_SENDS + 1):
        answer = ask(account, "send", uuid.uuid4().hex, handset=BUSY_HANDSET)
        if answer["status"] != "SENT":
            break
    assert (answer["status"], answer["reason"]) == ("LIMITED", "too_many_sends")
    assert 0 < answer["retry_after"] <= 600


def written_down(account: Account, code: str) -> list[str]:
    """Where a code stands by itself, not within a longer number or digest, in the whole account."""
    alone = re.compile(rf"(?<![0-9A-Za-z]){code}(?![0-9A-Za-z])")
    places = {**logs_of(account), **queues_of(account), **tables_of(account)}
    assert any(place.startswith("table") for place in places)
    assert any(place.startswith("log") and "Passwords" in place for place in places), sorted(places)
    return [place for place, text in places.items() if alone.search(text)]


def logs_of(account: Account) -> dict[str, str]:
    """Log lines by group."""
    logs = account.client("logs")
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    ]
    pages = logs.get_paginator("filter_log_events")
    return {
        f"log {name}": "\n".join(
            event["message"] for page in pages.paginate(logGroupName=name) for event in page["events"]
        )
        for name in groups
    }


def queues_of(account: Account) -> dict[str, str]:
    """Messages that wait in dead letters and in the pattern's own queues; they stay visible."""
    sqs, found = account.client("sqs"), dict[str, str]()
    urls = sqs.list_queues(MaxResults=1000).get("QueueUrls", [])
    # Others' queues are read by their workers only.
    for url in (each for each in urls if "DeadLetters" in each or "SendMessage" in each):
        waiting = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
        )
        found[f"queue {url}"] = json.dumps(waiting.get("Messages", []))
    return found


def tables_of(account: Account) -> dict[str, str]:
    """Items by table."""
    dynamodb = account.client("dynamodb")
    pages = dynamodb.get_paginator("scan")
    return {
        f"table {name}": json.dumps(
            [item for page in pages.paginate(TableName=name) for item in page["Items"]], default=str
        )
        for name in dynamodb.list_tables()["TableNames"]
    }
