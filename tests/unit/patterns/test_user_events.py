"""Events reach the project once, in full calls; what is refused is kept with its reason."""

import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from pinpoint_runtime.queues import SourceQueue
from tests.support.lambda_context import LambdaContext
from tests.support.user_events import LEASE, NOW, PATIENCE, Desk, desk, refused_whole, throttled


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with desk() as made:
        yield made


def event(event_id: str, endpoint_id: str = "jane", **members: Any) -> dict[str, Any]:
    return {
        "EndpointId": endpoint_id,
        "EndpointExists": True,
        "EventId": event_id,
        "EventType": "custom.cart_abandoned",
        "Timestamp": "2026-11-25T10:00:00Z",
        **members,
    }


BAD = event("bad", Attributes={"A": ["x"]})


def test_an_event_is_put_with_its_endpoints_change_in_one_call(at_work: Desk) -> None:
    change = {"Attributes": {"Plan": ["gold"]}}
    again, counted = at_work.work(at_work.record(event("e-1", Endpoint=change)))
    assert again == []
    assert counted.counts["Accepted"] == 1
    (call,) = at_work.project.calls
    assert call["jane"]["Endpoint"] == change
    assert call["jane"]["Events"] == {
        "e-1": {
            "EventType": "custom.cart_abandoned",
            "Timestamp": "2026-11-25T10:00:00.000Z",
            "Attributes": {"event_id": "e-1"},
        }
    }


def test_the_events_of_many_messages_share_calls_of_a_hundred(at_work: Desk) -> None:
    records = [
        at_work.record([event(f"e-{number}-{n}", f"p-{n}") for n in range(10)], f"m-{number}")
        for number in range(25)
    ]
    _, counted = at_work.work(*records)
    assert (counted.counts["Accepted"], counted.counts["Calls"]) == (250, 3)
    assert [sum(len(i["Events"]) for i in call.values()) for call in at_work.project.calls] == [100, 100, 50]


def test_the_calls_that_find_a_call_to_be_refused_are_counted(at_work: Desk) -> None:
    at_work.project.broken = [refused_whole(), None, refused_whole(), None, refused_whole()]
    records = [at_work.record(event(f"e-{number}"), f"m-{number}") for number in range(4)]
    _, counted = at_work.work(*records)
    assert counted.counts["Calls"] == len(at_work.project.calls) == 5
    assert (counted.counts["Accepted"], counted.counts["Rejected"]) == (3, 1)


def test_calls_wait_for_their_turn(at_work: Desk) -> None:
    at_work.work(at_work.record([event(f"e-{number}") for number in range(250)]))
    assert at_work.waits == pytest.approx([1 / 15, 2 / 15], abs=1e-3)


def test_a_batch_that_holds_more_than_there_is_time_for_is_put_in_portions(at_work: Desk) -> None:
    records = [at_work.record([event(f"e-{m}-{n}") for n in range(40)], f"m-{m}") for m in range(5)]

    def time_passes() -> None:
        at_work.now += 31

    at_work.portion, at_work.project.during = 50, time_passes
    again, counted = at_work.work(*records)
    assert (counted.counts["Accepted"], counted.counts["Calls"]) == (100, 2)
    assert again == ["m-2", "m-3", "m-4"]
    assert at_work.work(*records)[0] == []
    assert len(set(at_work.project.taken)) == len(at_work.project.taken) == 200


def test_a_delivery_that_is_repeated_puts_nothing(at_work: Desk) -> None:
    record = at_work.record(event("e-1"))
    at_work.work(record)
    again, counted = at_work.work(record, at_work.record(event("e-1", "JANE"), "m-2"))
    assert (again, counted.counts["Repeated"], len(at_work.project.taken)) == ([], 2, 1)


def test_an_event_that_stands_in_a_batch_twice_is_put_once(at_work: Desk) -> None:
    again, counted = at_work.work(
        at_work.record([event("e-1"), event("e-1")]), at_work.record(event("e-1"), "m-2")
    )
    assert (again, at_work.project.taken) == ([], [("jane", "e-1")])
    assert (counted.counts["Accepted"], counted.counts["Repeated"]) == (1, 2)


def test_the_same_id_is_another_event_at_another_endpoint(at_work: Desk) -> None:
    at_work.work(at_work.record([event("sale", f"p-{number}") for number in range(100)]))
    assert len(at_work.project.taken) == 100
    assert len(at_work.project.calls) == 1


def test_one_bad_event_of_a_list_is_a_dead_letter_of_its_own(at_work: Desk) -> None:
    again, counted = at_work.work(at_work.record([event("e-1"), BAD, event("e-2")]))
    assert again == []
    assert at_work.project.taken == [("jane", "e-1"), ("jane", "e-2")]
    assert counted.rejected == {"list_in_event_attributes": 1}
    ((reason, body),) = at_work.letters()
    assert (reason, json.loads(body)) == ("list_in_event_attributes", BAD)


def test_what_cannot_be_read_is_a_dead_letter_as_it_was(at_work: Desk) -> None:
    again, counted = at_work.work(at_work.record("{poison"), at_work.record(event("e-1"), "m-2"))
    assert (again, counted.counts["Accepted"], counted.counts["Rejected"]) == ([], 1, 1)
    assert at_work.letters() == [("not_json", "{poison")]


def test_an_event_that_the_project_refuses_is_a_dead_letter_and_the_others_are_taken(at_work: Desk) -> None:
    at_work.project.statuses["e-1"] = [400]
    again, _ = at_work.work(at_work.record(event("e-1")), at_work.record(event("e-2"), "m-2"))
    assert (again, at_work.project.taken) == ([], [("jane", "e-2")])
    ((reason, body),) = at_work.letters()
    assert (reason, json.loads(body)) == ("refused_by_project", event("e-1"))


def test_an_event_that_was_refused_may_be_put_mended_under_its_id(at_work: Desk) -> None:
    at_work.project.statuses["e-1"] = [400]
    at_work.work(at_work.record(event("e-1")))
    at_work.work(at_work.record(event("e-1"), "moved-back"))
    assert at_work.project.taken == [("jane", "e-1")]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_event_that_is_not_taken_now_comes_again_alone(at_work: Desk, status: int) -> None:
    at_work.project.statuses["e-2"] = [status]
    records = [at_work.record(event("e-1"), "m-1"), at_work.record(event("e-2"), "m-2")]
    again, counted = at_work.work(*records)
    assert (again, counted.counts["Again"]) == (["m-2"], 1)
    assert at_work.work(records[1])[0] == []
    assert at_work.project.taken == [("jane", "e-1"), ("jane", "e-2")]


def test_a_list_that_comes_again_puts_only_what_is_left_and_writes_each_letter_once(at_work: Desk) -> None:
    at_work.project.statuses["e-2"] = [500, 500]
    record = at_work.record([event("e-1"), BAD, event("e-2")])
    rejected = 0
    for expected in (["m-1"], ["m-1"], []):
        again, counted = at_work.work(record)
        rejected += counted.counts["Rejected"]
        assert again == expected
    assert at_work.project.taken == [("jane", "e-1"), ("jane", "e-2")]
    assert len(at_work.letters()) == rejected == 1


def test_dead_letters_that_are_not_kept_hold_the_list_back(at_work: Desk) -> None:
    record = at_work.record([event("e-1"), BAD])
    dead, at_work.urls["dead"] = at_work.urls["dead"], "https://queue.amazonaws.com/123456789012/gone"
    assert at_work.work(record)[0] == ["m-1"]
    at_work.urls["dead"] = dead
    assert at_work.work(record)[0] == []
    assert at_work.project.taken == [("jane", "e-1")]
    assert [reason for reason, _ in at_work.letters()] == ["list_in_event_attributes"]


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_id(at_work: Desk) -> None:
    at_work.project.broken = [TimeoutError()]
    record = at_work.record(event("e-1"))
    assert at_work.work(record)[0] == ["m-1"]
    assert at_work.work(record)[0] == []
    assert [list(call["jane"]["Events"]) for call in at_work.project.calls] == [["e-1"], ["e-1"]]


def test_a_worker_that_dies_before_it_notes_the_answer_leaves_the_event_to_be_repeated(at_work: Desk) -> None:
    record = at_work.record(event("e-1"))

    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    at_work.project.during = die
    with pytest.raises(Died):
        at_work.work(record)
    at_work.project.during = lambda: None
    # Another worker may still be at it.
    assert at_work.work(record)[0] == ["m-1"]
    assert len(at_work.project.calls) == 1
    at_work.now += LEASE + 1
    assert at_work.work(record)[0] == []
    assert [list(call["jane"]["Events"]) for call in at_work.project.calls] == [["e-1"], ["e-1"]]


def test_an_event_whose_calls_keep_failing_is_given_up_with_the_reason(at_work: Desk) -> None:
    at_work.project.statuses["e-1"] = [500] * 9
    record = at_work.record(event("e-1"))
    assert [at_work.work(record)[0] for _ in range(3)] == [["m-1"], ["m-1"], []]
    ((reason, _),) = at_work.letters()
    assert reason == "given_up"
    # Moved back, it is tried again.
    at_work.project.statuses.clear()
    at_work.work(at_work.record(event("e-1"), "moved-back"))
    assert at_work.project.taken == [("jane", "e-1")]


def test_to_be_throttled_is_no_attempt_but_has_an_end(at_work: Desk) -> None:
    record = at_work.record(event("e-1"))
    at_work.project.broken = [throttled() for _ in range(6)]
    assert [at_work.work(record)[0] for _ in range(5)] == [["m-1"]] * 5
    at_work.now = NOW + PATIENCE + 1
    assert at_work.work(record)[0] == []
    assert [reason for reason, _ in at_work.letters()] == ["given_up"]


def test_however_long_an_event_waits_it_is_received_less_often_than_the_queue_allows(at_work: Desk) -> None:
    at_work.project.broken = [throttled() for _ in range(1000)]
    record = at_work.record(event("e-1"))
    receives = 0
    while at_work.now - NOW < PATIENCE:
        ends: list[float] = []

        def hide(_self: Any, waiting: Any, ends: list[float] = ends) -> None:
            ends.extend(seconds for _, seconds in waiting)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SourceQueue, "_hide", hide)
            at_work.work(record)
        at_work.now += ends[0]
        receives += 1
    assert receives < 150


def test_no_call_begins_when_time_is_up(at_work: Desk) -> None:
    def pass_time() -> None:
        at_work.now += 61

    at_work.project.during = pass_time
    records = [at_work.record([event(f"e-{m}-{n}") for n in range(100)], f"m-{m}") for m in range(3)]
    again, counted = at_work.work(*records)
    assert again == ["m-1", "m-2"]
    assert (len(at_work.project.calls), counted.counts["Accepted"], counted.counts["Again"]) == (1, 100, 200)


def test_an_event_of_a_user_is_put_to_each_active_endpoint_of_the_channels(at_work: Desk) -> None:
    at_work.project.users["u"] = [
        {"Id": "mail", "ChannelType": "EMAIL", "EndpointStatus": "ACTIVE"},
        {"Id": "phone", "ChannelType": "SMS", "EndpointStatus": "ACTIVE"},
        {"Id": "old", "ChannelType": "EMAIL", "EndpointStatus": "INACTIVE"},
    ]
    to_all = {name: value for name, value in event("e-1", UserId="u").items() if name != "EndpointId"}
    at_work.work(at_work.record(to_all))
    at_work.work(at_work.record({**to_all, "EventId": "e-2", "Channels": ["EMAIL"]}))
    assert at_work.project.taken == [("mail", "e-1"), ("phone", "e-1"), ("mail", "e-2")]


@pytest.mark.parametrize(
    ("user_id", "channels", "reason"),
    [("nobody", [], "unknown_user"), ("u", ["SMS"], "no_endpoint_of_user")],
)
def test_an_event_that_reaches_no_endpoint_is_refused(
    at_work: Desk, user_id: str, channels: list[str], reason: str
) -> None:
    at_work.project.users["u"] = [{"Id": "mail", "ChannelType": "EMAIL"}]
    of_user = {**event("e-1", UserId=user_id, Channels=channels), "EndpointId": ""}
    assert at_work.work(at_work.record(of_user))[0] == []
    assert [each for each, _ in at_work.letters()] == [reason]


def test_an_event_of_a_user_waits_while_the_project_does_not_say_who_that_is(at_work: Desk) -> None:
    of_user = {**event("e-1", UserId="unreachable"), "EndpointId": ""}
    again, _ = at_work.work(at_work.record(of_user), at_work.record(event("e-2"), "m-2"))
    assert again == ["m-1"]
    assert at_work.project.taken == [("jane", "e-2")]


def test_an_event_of_a_user_that_one_endpoint_waits_for_is_put_to_the_others_once(at_work: Desk) -> None:
    at_work.project.users["u"] = [{"Id": "a"}, {"Id": "b"}]
    record = at_work.record({**event("e-1", UserId="u"), "EndpointId": ""})
    at_work.project.statuses["e-1"] = [202, 500]
    assert at_work.work(record)[0] == ["m-1"]
    assert at_work.work(record)[0] == []
    assert at_work.project.taken == [("a", "e-1"), ("b", "e-1")]


def test_the_function_counts_each_reason_and_logs_no_one(
    at_work: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "APPLICATION_ID": "a" * 32,
        "BUDGET_SECONDS": "60",
        "CALLS_PER_SECOND": "15",
        "DEAD_LETTERS_URL": at_work.urls["dead"],
        "GIVE_UP_AFTER_SECONDS": "3600",
        "LEASE_SECONDS": "180",
        "LEDGER_TABLE": "ledger",
        "MAX_ATTEMPTS": "3",
        "NAIVE_IS_UTC": "false",
        "QUEUE_URL": at_work.urls["events"],
    }.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop("patterns.user_events.handler", None)
    handler = importlib.import_module("patterns.user_events.handler").handler
    boto3.client("sqs").send_message(QueueUrl=at_work.urls["events"], MessageBody="x")
    bad = event("e-1", "jane@example.com", Attributes={"A": ["secret"]})
    answer = handler({"Records": [at_work.record(bad)]}, LambdaContext())
    sys.modules.pop("patterns.user_events.handler")
    assert answer == {"batchItemFailures": []}
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines() if "_aws" in line]
    assert [(line.get("Reason"), line["Rejected"]) for line in lines] == [
        (None, 1),
        ("list_in_event_attributes", 1),
    ]
    assert "jane" not in printed
    assert "secret" not in printed
