"""A batch of changes, by call or by file, goes as far as there is time for it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from patterns.audience_sync.applying import Applier, ClaimedRun, Outcomes
from patterns.audience_sync.backlog import Backlog
from patterns.audience_sync.bulk import Bulk
from patterns.audience_sync.change import Change, Kind
from patterns.audience_sync.project import Done
from patterns.audience_sync.runs import Fate, Part, Run
from patterns.audience_sync.state import Claimed
from pinpoint_runtime.queues import Again

_WHOLE = {"ChannelType": "CUSTOM", "Address": "a", "OptOut": "NONE"}


class Claimer:
    """Claims whatever it is asked to, and has time for that only so often."""

    def __init__(self, times: int) -> None:
        self.times = times

    def in_time(self) -> bool:
        self.times -= 1
        return self.times >= 0

    def claim(self, runs: Sequence[Run], holder: str, lease: float) -> tuple[list[ClaimedRun], Outcomes]:
        assert lease > 24 * 3600
        return [ClaimedRun(Claimed(run.endpoint_id, run.version, holder), run) for run in runs], {}

    def update(self, claimed: Sequence[ClaimedRun], _in_time: object) -> Outcomes:
        assert not claimed
        return {}


class Written:
    """Takes files and messages."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.lines[Key.partition("/")[0]] = Body.count(b"\n")

    def send_message_batch(self, **_: Any) -> dict[str, Any]:
        return {}


class States:
    """Lets everybody claim, and remembers who did."""

    def __init__(self) -> None:
        self.claimed: set[str] = set()

    def claim(self, endpoint_id: str, version: int, holder: str, *, lease: float) -> Claimed:
        assert lease > 0
        self.claimed.add(endpoint_id)
        return Claimed(endpoint_id, version, holder)

    def applied(self, *_: object, **__: object) -> bool:
        return True


class Project:
    """Takes all that it is told, and time passes with each time that it is told something."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def update(self, items: Sequence[object], _in_time: object) -> list[Done]:
        self.told.append(len(items))
        return [Done()] * len(items)


def runs_of(count: int) -> list[Run]:
    return [Run((Part(0, Change(Kind.UPSERT, f"e{number}", 1, _WHOLE)),)) for number in range(count)]


def test_what_there_is_no_time_to_call_for_comes_again_unclaimed() -> None:
    states: Any = States()
    project: Any = Project()
    with ThreadPoolExecutor(1) as threads:
        applier = Applier(states, project, threads, lease=240)
        runs = runs_of(2_400)
        outcomes = applier.apply(runs, "holder", lambda: len(project.told) < 2)
    assert project.told == [1_000, 1_000]
    assert all(outcomes[run.parts[0]] is Fate.APPLIED for run in runs[:2_000])
    assert all(isinstance(outcomes[run.parts[0]], Again) for run in runs[2_000:])
    assert len(states.claimed) == 2_000


def test_what_there_is_no_time_to_claim_comes_again_and_is_in_no_file() -> None:
    applier: Any = Claimer(times=2)
    written = Written()
    unused: Any = None
    bulk = Bulk(written, "bucket", written, "files", unused)
    runs = runs_of(620)
    outcomes = bulk.file(runs, applier, applier.in_time)
    filed = [run for run in runs if outcomes[run.parts[0]] is Fate.FILED]
    assert filed == runs[:500]
    assert all(isinstance(outcomes[run.parts[0]], Again) for run in runs[500:])
    assert written.lines == {"changes": 620, "endpoints": 500}


class Queue:
    """Hands out ten messages a receive, each of which takes seconds, and counts what is left."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.now = 0.0

    def get_queue_attributes(self, **_: object) -> dict[str, Any]:
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.left)}}

    def receive_message(self, **_: object) -> dict[str, Any]:
        self.now += 3
        received, self.left = min(self.left, 10), max(self.left - 10, 0)
        message = {"MessageId": "m", "ReceiptHandle": "r", "Body": "", "Attributes": {}}
        return {"Messages": [message] * received}


def test_a_long_backlog_is_still_long_once_it_was_taken_however_long_that_took() -> None:
    queue = Queue(4)
    backlog = Backlog(queue, url="changes", files_url="files", import_above=3, monotonic=lambda: queue.now)
    assert backlog.is_long()
    with ThreadPoolExecutor(1) as threads:
        assert len(backlog.take(100, threads, seconds=30)) == 4
    assert (queue.now >= 24, queue.left) == (True, 0)
    assert backlog.is_long()
    queue.now += 10
    assert not backlog.is_long()
