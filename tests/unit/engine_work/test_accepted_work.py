"""What was accepted is planned, though messages are lost or the function dies; what was not, is not."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.acceptance import REMINDER_SECONDS
from tests.support.engine_works import Works, inboxes

Ask = Callable[[], Any]


class Died(BaseException):
    """The function is gone: no handler of exceptions sees it."""


def fail_sends(works: Works, monkeypatch: pytest.MonkeyPatch, which: int, error: BaseException) -> None:
    """Let one of the sends of a request fail, counted from 0."""
    send, calls = works.pump.send, iter(range(1_000))

    def failing(queue: str, messages: Any, **options: Any) -> None:
        if next(calls) == which:
            raise error
        send(queue, messages, **options)

    monkeypatch.setattr(works.pump, "send", failing)


def ask_for(works: Works, kind: str) -> Ask:
    """How to ask for a job or a campaign, with all that it needs in place."""
    if kind == "campaign":
        segment_id = inboxes(works, 2)
        return lambda: works.start_campaign(segment_id)
    url = works.put("people.csv", "ChannelType,Address,Id\nCUSTOM,a,id-0\nCUSTOM,b,id-1\n")
    return lambda: works.start_import(url)


def all_of(works: Works, kind: str) -> list[str]:
    """The statuses of all jobs or campaigns."""
    if kind == "campaign":
        found = works.pinpoint.get_campaigns(ApplicationId=works.app)["CampaignsResponse"]["Item"]
        return [campaign["State"]["CampaignStatus"] for campaign in found]
    jobs = works.pinpoint.get_import_jobs(ApplicationId=works.app)["ImportJobsResponse"]["Item"]
    return [job["JobStatus"] for job in jobs]


@pytest.mark.parametrize("kind", ["campaign", "import"])
def test_a_plan_that_cannot_be_sent_at_once_does_not_fail_the_request_and_comes_later(
    works: Works, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ask = ask_for(works, kind)
    fail_sends(works, monkeypatch, 1, RuntimeError("the queue is away"))

    ask()
    works.run()

    assert all_of(works, kind) == ["COMPLETED"]
    assert works.pump.delays[-1] == REMINDER_SECONDS


@pytest.mark.parametrize("kind", ["campaign", "import"])
def test_what_a_function_wrote_before_it_died_is_planned(
    works: Works, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ask = ask_for(works, kind)
    fail_sends(works, monkeypatch, 1, Died())

    with pytest.raises(Died):
        ask()
    works.run()

    assert all_of(works, kind) == ["COMPLETED"]


@pytest.mark.parametrize("kind", ["campaign", "import"])
def test_a_request_that_cannot_be_kept_is_refused_and_leaves_nothing_behind(
    works: Works, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ask = ask_for(works, kind)
    fail_sends(works, monkeypatch, 0, RuntimeError("the queue is away"))

    with pytest.raises(works.pinpoint.exceptions.InternalServerErrorException):
        ask()
    assert all_of(works, kind) == []

    ask()
    works.run()
    assert all_of(works, kind) == ["COMPLETED"]


@pytest.mark.parametrize("kind", ["campaign", "import"])
def test_a_request_whose_writing_failed_never_runs(
    works: Works, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ask = ask_for(works, kind)

    def away(*_: Any) -> None:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr(works.context.store, "write", away)
        with pytest.raises(works.pinpoint.exceptions.InternalServerErrorException):
            ask()
    works.run()

    assert all_of(works, kind) == []
    assert works.functions.calls == []
    assert not works.pump.dead


@pytest.mark.parametrize("kind", ["campaign", "import"])
def test_a_reminder_of_work_that_goes_its_way_sends_nothing_again(works: Works, kind: str) -> None:
    ask = ask_for(works, kind)
    ask()
    works.run_one()
    pieces = list(works.pump.waiting)

    works.pump.wait(REMINDER_SECONDS)
    assert len(works.pump.waiting) == len(pieces) + 1
    works.pump.waiting.rotate()
    works.run_one()

    assert list(works.pump.waiting) == pieces


@pytest.mark.parametrize("kind", ["campaign", "import"])
def test_a_reminder_that_had_to_plan_and_died_is_taken_up_again(
    works: Works, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ask = ask_for(works, kind)
    ask()
    works.pump.waiting.clear()
    fail_sends(works, monkeypatch, 0, RuntimeError("planned, and its pieces could not be sent"))

    works.run()

    assert all_of(works, kind) == ["COMPLETED"]
