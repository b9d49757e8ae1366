"""Events to a project: as few calls as possible, each event's own answer read."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from pinpoint_runtime.project_events import ProjectEvent, Refused, put_each, put_events, timestamp


class Project:
    """PutEvents that refuses events by id, or breaks down."""

    def __init__(self, statuses: dict[str, int] | None = None, *, broken: bool = False) -> None:
        self.calls: list[dict[str, Any]] = []
        self._statuses = statuses or {}
        self._broken = broken

    def put_events(self, **request: Any) -> dict[str, Any]:
        batch = request["EventsRequest"]["BatchItem"]
        assert sum(len(item["Events"]) for item in batch.values()) <= 100
        self.calls.append(batch)
        if self._broken:
            raise ConnectionError
        results = {
            endpoint_id: {
                "EventsItemResponse": {
                    event_id: {"StatusCode": self._statuses.get(event_id, 202)} for event_id in item["Events"]
                }
            }
            for endpoint_id, item in batch.items()
        }
        return {"EventsResponse": {"Results": results}}


def event(number: int, endpoint_id: str = "e", **endpoint: Any) -> ProjectEvent:
    return ProjectEvent(endpoint_id, f"event-{number}", {"EventType": "t"}, endpoint)


def test_a_hundred_events_are_one_call_and_one_more_is_another() -> None:
    project = Project()
    assert put_events(project, "app", [event(number) for number in range(201)]) == {}
    assert [len(call["e"]["Events"]) for call in project.calls] == [100, 100, 1]


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (404, True), (429, False), (500, False), (503, False)]
)
def test_an_accepted_call_may_hold_refused_events(status: int, permanent: bool) -> None:
    project = Project({"event-2": status})
    refused = put_events(project, "app", [event(1), event(2)])
    assert refused == {"event-2": Refused(f"event_{status}", permanent)}


def test_a_call_that_fails_leaves_each_of_its_events_to_be_told_again() -> None:
    refused = put_events(Project(broken=True), "app", [event(1), event(2)])
    assert refused == dict.fromkeys(("event-1", "event-2"), Refused("ConnectionError", permanent=False))


def test_two_different_changes_of_one_endpoint_never_share_a_call() -> None:
    project = Project()
    put_events(project, "app", [event(1, OptOut="NONE"), event(2, OptOut="NONE"), event(3, OptOut="ALL")])
    assert [call["e"]["Endpoint"] for call in project.calls] == [{"OptOut": "NONE"}, {"OptOut": "ALL"}]
    assert [list(call["e"]["Events"]) for call in project.calls] == [["event-1", "event-2"], ["event-3"]]


def test_an_event_without_a_change_travels_with_the_change_of_its_endpoint() -> None:
    project = Project()
    put_events(project, "app", [event(1), event(2, OptOut="NONE"), event(3)])
    assert [call["e"]["Endpoint"] for call in project.calls] == [{"OptOut": "NONE"}]


def test_a_timestamp_names_its_zone() -> None:
    assert timestamp(1_600_000_000.5) == "2020-09-13T12:26:40.500Z"


class Picky(Project):
    """Refuses the whole call for one bad event in it, and otherwise takes all."""

    def __init__(self, bad: str, status: int) -> None:
        super().__init__()
        self._bad = bad
        self._status = status

    def put_events(self, **request: Any) -> dict[str, Any]:
        answer = super().put_events(**request)
        if any(self._bad in item["Events"] for item in request["EventsRequest"]["BatchItem"].values()):
            metadata = {"HTTPStatusCode": self._status}
            raise ClientError({"Error": {}, "ResponseMetadata": metadata}, "PutEvents")
        return answer


@pytest.mark.parametrize("status", [400, 413])
def test_the_event_that_a_whole_call_is_refused_for_is_found_and_the_others_are_taken(status: int) -> None:
    events = [event(number) for number in range(100)]
    project = Picky("event-42", status)
    refused = put_events(project, "app", events)
    assert refused == {"event-42": Refused("ClientError", permanent=True)}
    assert len(project.calls) <= 15


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_a_call_that_fails_for_another_cause_is_not_taken_apart(status: int) -> None:
    project = Picky("event-1", status)
    refused = put_events(project, "app", [event(1), event(2)])
    assert refused == dict.fromkeys(("event-1", "event-2"), Refused("ClientError", permanent=False))
    assert len(project.calls) == 1


def test_endpoints_may_share_an_event_id() -> None:
    project = Project()
    assert put_each(project, "app", [event(1, "a"), event(1, "b")]) == [None, None]
    assert len(project.calls) == 1


def test_spellings_of_one_endpoint_never_share_a_call() -> None:
    project = Project()
    put_events(project, "app", [event(1, "A"), event(2, "a"), event(3, "a")])
    assert [list(call) for call in project.calls] == [["A"], ["a"]]


def test_a_request_stays_below_four_megabytes() -> None:
    project = Project()
    large = [ProjectEvent("e", f"event-{n}", {"EventType": "t", "AppTitle": "x" * 900_000}) for n in range(9)]
    assert put_events(project, "app", large) == {}
    assert [len(call["e"]["Events"]) for call in project.calls] == [4, 4, 1]


def test_the_pace_is_asked_before_each_call_and_what_it_raises_puts_the_call_off() -> None:
    turns = iter([None, TimeoutError()])

    def turn() -> None:
        if error := next(turns):
            raise error

    project = Project()
    answers = put_each(project, "app", [event(number) for number in range(101)], before_call=turn)
    assert answers == [*[None] * 100, Refused("TimeoutError", permanent=False)]
    assert len(project.calls) == 1
