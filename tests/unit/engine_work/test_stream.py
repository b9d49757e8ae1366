"""Event records on their way to the customer's stream."""

from typing import Any

import pytest

from engine.stream import deliver as deliver_module
from engine.stream.outbox import emit
from engine.stream.records import app_event
from tests.support.engine_works import Works, client_error


def _records(count: int, size: int = 10) -> list[dict[str, Any]]:
    return [{"client": {"client_id": f"id-{i}"}, "attributes": {"x": "y" * size}} for i in range(count)]


class _Kinesis:
    """A stream that refuses some records, as often as it is told."""

    def __init__(self, refusals: int) -> None:
        self.calls: list[int] = []
        self.taken: list[Any] = []
        self._refusals = refusals

    def put_records(self, *, StreamARN: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(len(Records))
        results: list[dict[str, Any]] = []
        for record in Records:
            if self._refusals > 0:
                self._refusals -= 1
                results.append({"ErrorCode": "ProvisionedThroughputExceededException"})
            else:
                self.taken.append(record["PartitionKey"])
                results.append({"SequenceNumber": "1"})
        return {"Records": results}


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.stream.deliver.time.sleep", lambda _: None)


def _use(monkeypatch: pytest.MonkeyPatch, client: Any) -> None:
    monkeypatch.setattr(deliver_module, "assumed_client", lambda *_: client)


@pytest.mark.usefixtures("_no_waiting")
def test_records_go_five_hundred_a_call_and_the_refused_ones_again(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinesis = _Kinesis(refusals=7)
    _use(monkeypatch, kinesis)
    emit(works.context, works.app, _records(1_100))
    works.run()
    assert max(kinesis.calls) == 500
    assert sorted(kinesis.taken) == sorted(f"id-{i}" for i in range(1_100))


@pytest.mark.usefixtures("_no_waiting")
def test_what_a_stream_keeps_refusing_goes_back_alone_and_arrives_later(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinesis = _Kinesis(refusals=2 * 5 + 1)
    _use(monkeypatch, kinesis)
    emit(works.context, works.app, _records(2))
    works.run()
    assert sorted(kinesis.taken) == ["id-0", "id-1"]
    assert works.pump.delays


@pytest.mark.usefixtures("_no_waiting")
def test_a_stream_that_refuses_for_ever_ends_in_the_dead_letters_with_the_reason(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, _Kinesis(refusals=10_000))
    emit(works.context, works.app, _records(1))
    works.run()
    (dead,) = works.pump.dead
    assert dead["Reason"] == "the stream refused 1 records 30 times"
    assert dead["Message"]["Events"] == _records(1)


def test_a_role_that_refuses_the_engine_ends_in_the_dead_letters_with_the_reason(works: Works) -> None:
    class Refusing:
        def assume_role(self, **_: Any) -> None:
            raise client_error("AccessDenied", 403)

    emit(works.context, works.app, _records(1))
    works.pump.run(works.pump_context(sts=Refusing()))
    (dead,) = works.pump.dead
    assert "cannot be assumed (AccessDenied)" in dead["Reason"]


def test_a_stream_that_is_gone_ends_in_the_dead_letters(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def put_records(self, **_: Any) -> None:
            raise client_error("ResourceNotFoundException")

    _use(monkeypatch, Gone())
    emit(works.context, works.app, _records(1))
    works.run()
    assert "cannot be written to: ResourceNotFoundException" in works.pump.dead[0]["Reason"]


def test_a_project_without_a_stream_loses_nothing_it_was_promised(works: Works) -> None:
    works.pinpoint.delete_event_stream(ApplicationId=works.app)
    emit(works.context, works.app, _records(1))
    works.run()
    assert not works.pump.dead
    assert works.stream() == []


def test_a_message_of_the_outbox_stays_below_its_limit(works: Works) -> None:
    emit(works.context, works.app, _records(100, size=15_000))
    sizes = [len(str(body)) for _, body, _ in works.pump.waiting]
    assert len(sizes) > 5
    assert max(sizes) < 230_000
    assert sum(len(body["Events"]) for _, body, _ in works.pump.waiting) == 100


def test_an_app_s_event_has_the_documented_shape(works: Works) -> None:
    record = app_event(
        works.context,
        application_id=works.app,
        endpoint_id="id-1",
        endpoint={
            "Id": "id-1",
            "Demographic": {"Platform": "ios", "PlatformVersion": "18", "Locale": "de_DE", "Make": "Apple"},
        },
        event={
            "EventType": "custom.preference_update",
            "Attributes": {"topic": "news"},
            "Metrics": {"count": 2.0},
            "Session": {"Id": "s-1", "StartTimestamp": "2026-11-24T12:00:00Z"},
            "AppTitle": "App",
            "SdkName": "sdk",
        },
        event_timestamp=1_700_000_000_000,
    )
    assert (record["event_type"], record["event_version"]) == ("custom.preference_update", "3.0")
    assert record["event_timestamp"] == 1_700_000_000_000
    assert record["application"] == {"app_id": works.app, "sdk": {"name": "sdk"}, "title": "App"}
    assert record["client"] == {"client_id": "id-1"}
    assert record["device"] == {
        "platform": {"name": "ios", "version": "18"},
        "locale": {"code": "de_DE", "language": "de", "country": "DE"},
        "make": "Apple",
    }
    assert record["session"] == {"session_id": "s-1", "start_timestamp": "2026-11-24T12:00:00Z"}
    assert record["metrics"] == {"count": 2.0}
    assert record["awsAccountId"] == works.context.account
