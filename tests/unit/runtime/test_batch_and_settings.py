"""Batches answer with their failures; settings fail with their names."""

import logging

import pytest

from pinpoint_runtime import settings
from pinpoint_runtime.batch import NotYet, Record, queue_failures, stream_failures


def test_a_queues_batch_is_answered_with_the_failed_messages_only() -> None:
    handled: list[str] = []

    def handle(record: Record) -> None:
        handled.append(record["messageId"])
        if record["messageId"] == "2":
            raise ValueError

    answer = queue_failures({"Records": [{"messageId": str(n)} for n in range(4)]}, handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert handled == ["0", "1", "2", "3"]


def test_a_streams_batch_stops_where_lambda_takes_it_up_again() -> None:
    handled: list[str] = []

    def handle(record: Record) -> None:
        handled.append(record["kinesis"]["sequenceNumber"])
        if handled[-1] == "1":
            raise ValueError

    event = {"Records": [{"kinesis": {"sequenceNumber": str(n)}} for n in range(4)]}
    answer = stream_failures(event, handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert handled == ["0", "1"]


def test_what_has_to_wait_is_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def handle(record: Record) -> None:
        raise NotYet("again in 3 seconds")

    with caplog.at_level(logging.INFO):
        assert len(queue_failures({"Records": [{"messageId": "1"}]}, handle)["batchItemFailures"]) == 1
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_a_batch_that_failed_entirely_is_answered_and_each_reason_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def handle(record: Record) -> None:
        raise ValueError(f"{record['messageId']} for jane@example.com")

    answer = queue_failures({"Records": [{"messageId": "1"}, {"messageId": "2"}]}, handle)

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["1", "2"]
    said = [(vars(record)["error"], vars(record)["reason"]) for record in caplog.records]
    assert said == [("ValueError", "1 for <redacted>"), ("ValueError", "2 for <redacted>")]


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUEUE_URL", raising=False)
    with pytest.raises(settings.InvalidSetting, match="QUEUE_URL is missing") as failure:
        settings.text("QUEUE_URL")
    assert failure.value.name == "QUEUE_URL"


@pytest.mark.parametrize("value", ["-1", "1.5", "many"])
def test_a_setting_that_is_no_whole_number_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMIT", value)
    with pytest.raises(settings.InvalidSetting, match="LIMIT must be a whole number"):
        settings.whole_number("LIMIT")


def test_settings_are_typed_and_have_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMIT", "7")
    monkeypatch.setenv("SWITCH", "true")
    assert (settings.whole_number("LIMIT"), settings.flag("SWITCH")) == (7, True)
    assert (settings.whole_number("OTHER", 3), settings.flag("OTHER", False)) == (3, False)
    monkeypatch.setenv("SWITCH", "yes")
    with pytest.raises(settings.InvalidSetting, match="SWITCH must be true or false"):
        settings.flag("SWITCH")
