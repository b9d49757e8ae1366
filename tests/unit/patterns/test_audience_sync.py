"""A batch of changes becomes as few calls as can be, and all of them are counted."""

import boto3
import pytest

from tests.support.audience_sync import creation, sync_desk


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def test_changes_of_many_messages_share_calls_of_a_hundred_which_are_counted() -> None:
    with sync_desk() as desk:
        again, counts = desk.work(*(creation(f"e{number}") for number in range(250)))
        assert (again, desk.project.sizes) == ([], [100, 100, 50])
        assert counts == {"Applied": 250, "Calls": 3}


def test_the_calls_that_find_a_refused_item_are_counted_in_the_batch_that_they_belong_to() -> None:
    with sync_desk(bad=frozenset({"e3"})) as desk:
        _, first = desk.work(*(creation(f"e{number}") for number in range(8)))
        _, second = desk.work(creation("e8"))
        assert first == {"Applied": 7, "DeadLettered": 1, "Calls": 7}
        assert second == {"Applied": 1, "Calls": 1}
        assert desk.project.sizes == [8, 4, 2, 2, 1, 1, 4, 1]
        (letter,) = boto3.client("sqs").receive_message(
            QueueUrl=desk.dead_letters_url, MessageAttributeNames=["Reason"]
        )["Messages"]
        assert letter["MessageAttributes"]["Reason"]["StringValue"].startswith("BadRequestException")


def test_a_change_that_came_before_takes_no_call() -> None:
    with sync_desk() as desk:
        desk.work(creation("e"))
        assert desk.work(creation("e"))[1] == {"Stale": 1}
