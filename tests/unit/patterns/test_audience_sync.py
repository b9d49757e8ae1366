"""A batch of changes: as few calls as can be, each message to its own end, and users who are deleted."""

from typing import Any

import boto3
import pytest

from tests.support.audience_sync import LEASE, PATIENCE, creation, sync_desk


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


def test_what_cannot_be_read_is_a_dead_letter_and_the_messages_beside_it_are_applied() -> None:
    with sync_desk() as desk:
        large = creation("large")
        large["endpoints"][0]["Attributes"] = {f"a{each}": ["x" * 99] * 10 for each in range(20)}
        records = desk.queue(
            "no object", {"kind": "create"}, large, creation("e"), {**creation("f"), "by_api": 1}
        )
        assert desk.process(records) == (0, {"Applied": 1, "DeadLettered": 4, "Calls": 1})
        assert list(desk.project.stored) == ["e"]
        assert desk.reasons() == ["endpoint_too_large", "invalid_version", "not_json", "wrong_type"]


def test_of_a_message_of_several_endpoints_each_goes_its_own_way() -> None:
    with sync_desk(bad=frozenset({"bad"})) as desk:
        message = creation("good")
        message["endpoints"] += [creation("bad")["endpoints"][0], {"Id": "new"}, "none"]
        assert desk.process(desk.queue(message))[1] == {"Applied": 1, "DeadLettered": 3, "Calls": 3}
        assert list(desk.project.stored) == ["good"]
        assert desk.reasons() == ["BadRequestException", "unknown_endpoint", "wrong_type"]


def test_what_is_throttled_comes_again_and_is_applied_and_what_never_was_is_given_up() -> None:
    with sync_desk() as desk:
        records = desk.queue(creation("e"))
        desk.project.errors = [429]
        assert desk.process(records) == (1, {"Postponed": 1, "Calls": 1})
        assert desk.process(records) == (0, {"Applied": 1, "Calls": 1})
        late = desk.queue(creation("late"))
        desk.wait(PATIENCE + 1)
        desk.project.errors = [429]
        assert desk.process(late) == (0, {"DeadLettered": 1, "Calls": 1})
        assert desk.reasons() == ["given up after 1 hours"]


def test_what_waits_of_a_message_goes_back_alone_and_the_rest_is_not_done_again() -> None:
    with sync_desk() as desk:
        message = creation("first")
        message["endpoints"] += [{**creation("second")["endpoints"][0], "User": {"UserId": "u"}}]
        claimed = desk.sync.applier.states.claim("second", 1, "somebody", lease=1.0)
        assert desk.process(desk.queue(message)) == (0, {"Applied": 1, "Postponed": 1, "Calls": 1})
        desk.sync.applier.states.release(claimed)  # type: ignore[arg-type]
        waiting = desk.sync.mailbox.sqs.get_queue_attributes(
            QueueUrl=desk.queue_url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
        )["Attributes"]
        assert waiting == {"ApproximateNumberOfMessagesDelayed": "1"}
        assert desk.process(desk.queue(message)) == (0, {"Applied": 1, "Stale": 1, "Calls": 1})
        assert sorted(desk.project.stored) == ["first", "second"]


def deletion(user_id: str, version: int) -> dict[str, Any]:
    return {"kind": "delete", "version": version, "user": {"UserId": user_id}}


def test_a_users_deletion_looks_again_when_no_older_change_can_be_under_way_any_more() -> None:
    with sync_desk() as desk:
        desk.work(
            *(creation(f"e{number}", user_id="ann") for number in range(3)), creation("bob", user_id="bob")
        )
        records = desk.queue(deletion("ann", 5))
        assert desk.process(records) == (1, {"Deleted": 3})
        # A worker that had looked before makes one all the same.
        desk.project.stored["late"] = {"Id": "late", "User": {"UserId": "ann"}}
        desk.wait(LEASE + 1)
        assert desk.process(records) == (0, {"Deleted": 1})
        assert list(desk.project.stored) == ["bob"]


def test_a_change_that_is_older_than_its_users_deletion_is_stale_and_a_newer_one_makes_the_endpoint() -> None:
    with sync_desk() as desk:
        desk.process(desk.queue(deletion("ann", 5)))
        assert desk.work(creation("e", 4, user_id="ann"))[1] == {"Stale": 1}
        assert desk.work(creation("e", 6, user_id="ann"))[1] == {"Applied": 1, "Calls": 1}
        desk.wait(LEASE + 1)
        # An older deletion is nothing, and a repeated one leaves alone what is newer.
        assert desk.process(desk.queue(deletion("ann", 4), deletion("ann", 5))) == (0, {})
        assert list(desk.project.stored) == ["e"]


@pytest.mark.parametrize("errors", [[503], [0, 429]], ids=["endpoints-not-told", "deletion-throttled"])
def test_a_users_deletion_that_gets_no_answer_comes_again(errors: list[int]) -> None:
    with sync_desk() as desk:
        desk.work(creation("e", user_id="ann"))
        records = desk.queue(deletion("ann", 5))
        desk.project.errors = list(errors)
        assert desk.process(records) == (1, {})
        desk.wait(LEASE + 1)
        assert desk.process(records) == (0, {"Deleted": 1})
        assert desk.project.stored == {}


def test_what_a_refused_call_may_have_done_is_not_taken_for_undone() -> None:
    with sync_desk(bad=frozenset({"e3"})) as desk:
        # The call of all is refused, the next one throttled: was its half carried out with the first?
        desk.project.errors = [0, 429]
        again, _ = desk.work(*(creation(f"e{number}", version=2) for number in range(4)))
        assert again == ["m-0", "m-1"]
        # So nothing older is applied in between.
        assert desk.work(creation("e0", version=1))[1] == {"Postponed": 1}
        assert desk.work(creation("e0", version=2))[1] == {"Applied": 1, "Calls": 1}
        assert desk.work(creation("e0", version=1))[1] == {"Stale": 1}
