"""A file of changes takes as many as there is time to claim."""

from collections.abc import Sequence
from typing import Any

from patterns.audience_sync.applying import ClaimedRun, Outcomes
from patterns.audience_sync.bulk import Bulk
from patterns.audience_sync.change import Change, Kind
from patterns.audience_sync.runs import Fate, Part, Run
from patterns.audience_sync.state import Claimed
from pinpoint_runtime.queues import Again

_WHOLE = {"ChannelType": "CUSTOM", "Address": "a", "OptOut": "NONE"}


class Applier:
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


def test_what_there_is_no_time_to_claim_comes_again_and_is_in_no_file() -> None:
    applier: Any = Applier(times=2)
    written = Written()
    unused: Any = None
    bulk = Bulk(written, "bucket", written, "files", unused)
    runs = [Run((Part(0, Change(Kind.UPSERT, f"e{number}", 1, _WHOLE)),)) for number in range(620)]
    outcomes = bulk.file(runs, applier, applier.in_time)
    filed = [run for run in runs if outcomes[run.parts[0]] is Fate.FILED]
    assert filed == runs[:500]
    assert all(isinstance(outcomes[run.parts[0]], Again) for run in runs[500:])
    assert written.lines == {"changes": 620, "endpoints": 500}
