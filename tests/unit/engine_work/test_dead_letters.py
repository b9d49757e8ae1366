"""What fails on every attempt: its run ends and says so, the counts balance, and a redrive makes it right."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from engine.campaigns import target
from engine.context import Context
from engine.deliveries import work
from engine.imports import plan
from tests.support.engine_works import Works, held_in_balance, inboxes
from tests.support.memory_store import MemoryStore


def poison(*_: Any, **__: Any) -> Any:
    raise MemoryError


def test_a_batch_that_fails_on_every_attempt_ends_its_run_and_is_sent_when_it_is_redriven(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = works.start_campaign(inboxes(works, 2))
    with monkeypatch.context() as patched:
        patched.setattr(work, "_hooked", poison)
        works.run()

    activity = works.activity(campaign["Id"])
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "FAIL")
    assert activity["ExecutionMetrics"] == {"NotSent.DEAD_LETTERED": "2"}
    assert held_in_balance(activity)
    (dead,) = works.pump.dead
    assert dead["Reason"] == "the batch could not be sent on any attempt"
    assert works.statuses() == {}

    works.pump.redrive()
    works.run(copies=2)

    activity = works.activity(campaign["Id"])
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "SUCCESS")
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "2"}
    assert activity["SuccessfulEndpointCount"] == activity["TotalEndpointCount"] == 2
    assert sorted(works.functions.seen_by("channel")) == ["id-0", "id-1"]
    assert works.statuses() == {"id-0": "SUCCESS", "id-1": "SUCCESS"}
    assert not works.pump.dead


def test_a_redriven_batch_that_fails_again_is_counted_once(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = works.start_campaign(inboxes(works, 2))
    monkeypatch.setattr(work, "_hooked", poison)
    works.run()
    works.pump.redrive()
    works.run()

    activity = works.activity(campaign["Id"])
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "FAIL")
    assert activity["ExecutionMetrics"] == {"NotSent.DEAD_LETTERED": "2"}
    assert len(works.pump.dead) == 1


def test_a_segment_that_cannot_be_read_to_its_end_ends_the_run_and_is_read_on_when_redriven(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "_PAGE", 10)
    campaign = works.start_campaign(inboxes(works, 30))
    read, reads = target._read, iter(range(100))

    def read_one_page(*arguments: Any) -> Any:
        return read(*arguments) if next(reads) == 0 else poison()

    with monkeypatch.context() as patched:
        patched.setattr(target, "_read", read_one_page)
        works.run()

    activity = works.activity(campaign["Id"])
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "FAIL")
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "10", "DeadLettered.Pieces": "1"}
    assert held_in_balance(activity)
    assert [dead["Reason"] for dead in works.pump.dead] == ["the segment could not be read on any attempt"]

    works.pump.redrive()
    works.run(copies=2)

    activity = works.activity(campaign["Id"])
    assert (activity["State"], activity["Result"]) == ("COMPLETED", "SUCCESS")
    assert activity["ExecutionMetrics"] == {"Status.SUCCESS": "30"}
    assert sorted(works.functions.seen_by("channel")) == sorted(f"id-{i}" for i in range(30))
    assert not works.pump.dead


class Killer:
    """Kills the workers of one queue at their n-th call to the table, the queues or a channel.

    Args:
        works: The world.
        queue: Whose workers die.
        point: The call at which they die, counted from 1 in each message.
        after: Whether the call has had its effect.
        deaths: How many of them die.
    """

    def __init__(self, works: Works, queue: str, point: int, *, after: bool, deaths: int) -> None:
        self._works, self._queue, self._point, self._after = works, queue, point, after
        self._deaths = deaths
        self._message = self._calls = 0
        self.died = 0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def deadly(*arguments: Any, **options: Any) -> Any:
            dies = self._is_due()
            if dies and not self._after:
                raise SystemError
            result = call(*arguments, **options)
            if dies:
                raise SystemError
            return result

        return deadly

    def _is_due(self) -> bool:
        handled = self._works.pump.handled
        if len(handled) != self._message:
            self._message, self._calls = len(handled), 0
        self._calls += 1
        due = handled[-1][0] == self._queue and self._calls == self._point and self.died < self._deaths
        self.died += due
        return due

    def context(self) -> Context:
        store = MemoryStore()
        store.__dict__.update(self._works.context.store.__dict__)
        for name in ("get", "get_many", "put", "write", "put_all"):
            setattr(store, name, self.around(getattr(store, name)))
        queues: Any = SimpleNamespace(send=self.around(self._works.pump.send))
        functions = SimpleNamespace(invoke=self.around(self._works.functions.invoke))
        client = self._works.context.client
        return replace(
            self._works.context,
            store=store,
            queues=queues,
            client=lambda service: functions if service == "lambda" else client(service),
        )


@pytest.mark.parametrize("queue", ["campaigns", "deliveries"])
@pytest.mark.parametrize("after", [False, True], ids=["before-the-call", "after-the-call"])
@pytest.mark.parametrize("deaths", [3, 5])
def test_wherever_workers_die_the_run_ends_balanced_and_nobody_is_sent_to_twice(
    works: Works, queue: str, after: bool, deaths: int
) -> None:
    segment_id = inboxes(works, 4)
    for point in range(1, 40):
        works.functions.calls.clear()
        killer = Killer(works, queue, point, after=after, deaths=deaths)
        campaign = works.start_campaign(segment_id)
        works.pump.run(killer.context())
        if not killer.died:
            break
        activity = works.activity(campaign["Id"])
        if not works.pump.dead or "Reason" in works.pump.dead[0]:
            # Whatever died, its failure was counted: only who dies while it is being counted leaves that
            # to the redrive.
            assert activity["State"] == "COMPLETED", f"killed at call {point}"
        assert held_in_balance(activity) or activity["State"] == "RUNNING"

        for _ in range(5):
            works.pump.redrive()
            works.run()

        assert not works.pump.dead
        activity = works.activity(campaign["Id"])
        assert activity["State"] == "COMPLETED", f"killed at call {point}"
        assert held_in_balance(activity)
        metrics = activity["ExecutionMetrics"]
        if "FailureReason" in metrics:
            assert not works.functions.calls
            continue
        assert metrics.keys() <= {"Status.SUCCESS", "Status.UNKNOWN"}
        assert activity["TotalEndpointCount"] == 4
        seen = Counter(works.functions.seen_by("channel"))
        assert max(seen.values(), default=1) == 1
        assert len(seen) + int(metrics.get("Status.UNKNOWN", 0)) >= 4
    else:
        raise AssertionError("the workers make more calls than were tried")
    assert point > 5


@pytest.mark.parametrize("after", [False, True], ids=["before-the-call", "after-the-call"])
@pytest.mark.parametrize("deaths", [3, 10])
def test_wherever_workers_die_an_import_ends_when_it_is_redriven_and_counts_each_row_once(
    works: Works, monkeypatch: pytest.MonkeyPatch, after: bool, deaths: int
) -> None:
    monkeypatch.setattr(plan, "_SMALLEST_PIECE", 100)
    rows = [f"CUSTOM,inbox-{i},id-{i},NONE\n" for i in range(12)] + ["CUSTOM,,,\n"]
    url = works.put("file.csv", "ChannelType,Address,Id,OptOut\n" + "".join(rows))
    went_on = 0
    for point in range(1, 40):
        killer = Killer(works, "imports", point, after=after, deaths=deaths)
        started = works.start_import(url)["Id"]
        works.pump.run(killer.context())
        if not killer.died:
            break
        stopped = works.job(started)
        if not works.pump.dead:
            assert stopped["JobStatus"] in ("COMPLETED", "FAILED"), f"killed at call {point}"

        for _ in range(3):
            works.pump.redrive()
            works.run(copies=2)

        assert not works.pump.dead
        job = works.job(started)
        assert job["JobStatus"] in ("COMPLETED", "FAILED"), f"killed at call {point}"
        if not job.get("TotalPieces"):
            continue
        assert job["CompletedPieces"] + job["FailedPieces"] == job["TotalPieces"] > 2
        assert job["CompletedPieces"] >= stopped.get("CompletedPieces", 0)
        if job["FailedPieces"] == 0:
            assert (job["TotalProcessed"], job["TotalFailures"]) == (len(rows), 1)
            assert imported(works, job) == len(rows) - 1
        went_on += job["JobStatus"] == "COMPLETED" != stopped["JobStatus"]
    else:
        raise AssertionError("the workers make more calls than were tried")
    assert point > 5
    # A job is planned by a message and by its reminder: the work itself is left to the redrive only where
    # workers die at every attempt of both.
    assert (went_on > 0) == (deaths == 10)


def imported(works: Works, job: Mapping[str, Any]) -> int:
    """How many members the segment of a job has."""
    segment = works.pinpoint.get_segment(ApplicationId=works.app, SegmentId=job["Definition"]["SegmentId"])
    return int(segment["SegmentResponse"]["ImportDefinition"]["Size"])
