"""Messages into queues, and the ends of a batch."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_runtime.queues import (
    Again,
    Dead,
    End,
    EnqueueFailed,
    Finished,
    Letter,
    SourceQueue,
    backoff,
    enqueue,
)


class Queue:
    """SQS that refuses each body once, if told so, or for ever."""

    def __init__(self, refuses: str = "", times: int = 1) -> None:
        self.bodies: list[str] = []
        self.calls = 0
        self._refuses = refuses
        self._times = times

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        assert len(request["Entries"]) <= 10
        assert sum(len(entry["MessageBody"]) for entry in request["Entries"]) <= 262_144
        failed = []
        for entry in request["Entries"]:
            if self._times and entry["MessageBody"] == self._refuses:
                self._times -= 1
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            else:
                self.bodies.append(entry["MessageBody"])
        return {"Failed": failed} if failed else {}


def test_fifty_messages_take_five_calls() -> None:
    queue = Queue()
    enqueue(queue, "url", (Letter(str(number)) for number in range(50)))
    assert (queue.calls, len(queue.bodies)) == (5, 50)


def test_what_a_queue_did_not_take_is_offered_again_alone() -> None:
    queue = Queue(refuses="b")
    enqueue(queue, "url", [Letter("a"), Letter("b")], sleep=lambda _: None)
    assert queue.bodies == ["a", "b"]


def test_a_queue_that_never_takes_a_message_raises_and_keeps_the_others() -> None:
    queue = Queue(refuses="b", times=99)
    with pytest.raises(EnqueueFailed, match="1 messages"):
        enqueue(queue, "url", [Letter("a"), Letter("b"), Letter("c")], sleep=lambda _: None)
    assert queue.bodies == ["a", "c"]


def test_large_messages_share_a_call_only_as_far_as_the_queue_allows() -> None:
    queue = Queue()
    enqueue(queue, "url", [Letter("x" * 100_000)] * 5)
    assert (queue.calls, len(queue.bodies)) == (3, 5)


class Service:
    """SQS with dead letters that may be out of order."""

    def __init__(self, *, broken: bool = False) -> None:
        self.hidden: dict[str, int] = {}
        self.dead: list[tuple[str, str]] = []
        self._broken = broken

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        if self._broken:
            raise ConnectionError
        for entry in request["Entries"]:
            self.dead.append((entry["MessageBody"], entry["MessageAttributes"]["Reason"]["StringValue"]))
        return {}

    def change_message_visibility_batch(self, **request: Any) -> None:
        assert len(request["Entries"]) <= 10
        self.hidden |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in request["Entries"]}


def record(name: str) -> dict[str, Any]:
    return {"messageId": name, "receiptHandle": name, "body": f"body of {name}"}


def settled(service: Service, ends: dict[str, End]) -> list[str]:
    queue = SourceQueue(service, url="queue", dead_letters_url="dead")
    return queue.settle((record(name), end) for name, end in ends.items())


def test_only_what_comes_again_is_answered_and_it_waits_as_long_as_asked() -> None:
    service = Service()
    assert settled(service, {"a": Finished(), "b": Again(40), "c": Dead("no such user")}) == ["b"]
    assert service.hidden == {"b": 40}
    assert service.dead == [("body of c", "no such user")]


def test_a_dead_letter_may_stand_in_another_form() -> None:
    service = Service()
    settled(service, {"a": Dead("failed", "put back")})
    assert service.dead == [("put back", "failed")]


def test_nothing_is_given_up_while_the_dead_letters_cannot_be_kept() -> None:
    assert settled(Service(broken=True), {"a": Finished(), "b": Dead("why")}) == ["b"]


def test_a_queue_hides_a_message_for_less_than_its_twelve_hours() -> None:
    service = Service()
    settled(service, {"a": Again(1e9), "b": Again(0)})
    assert service.hidden["b"] == 1
    assert 10 * 3600 < service.hidden["a"] < 12 * 3600


@given(times=st.integers(0, 1000), after=st.none() | st.floats(0, 1e6))
def test_a_wait_is_never_shorter_than_asked_for_and_never_longer_than_a_queue_can_hide(
    times: int, after: float | None
) -> None:
    wait = backoff(times, longest=300, after=after)
    assert min(after or 0, 11 * 3600) <= wait <= 11 * 3600
    assert after is not None or wait <= 300
