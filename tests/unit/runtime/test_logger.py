"""Nobody's address, message or token comes into a log line by accident."""

import logging

import pytest

from pinpoint_runtime.logger import logger, redact

ADDRESS = "jane.doe+x@example.co.uk"
PHONE = "+4917612345678"


def test_addresses_in_a_message_are_redacted(caplog: pytest.LogCaptureFixture) -> None:
    logger("tests.message").warning("cannot reach %s or %s", ADDRESS, PHONE)
    assert caplog.messages == ["cannot reach <redacted> or <redacted>"]


@pytest.mark.parametrize(
    "name", ["address", "EmailAddress", "body", "token", "phone_number", "Substitutions"]
)
def test_fields_that_hold_personal_data_are_redacted_whatever_they_say(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    logger("tests.fields").info("x", extra={name: "anything"})
    assert vars(caplog.records[0])[name] == "<redacted>"


def test_what_identifies_nobody_stays(caplog: pytest.LogCaptureFixture) -> None:
    logger("tests.plain").info("done", extra={"count": 3, "reason": "http_400", "ratio": 0.5, "none": None})
    fields = vars(caplog.records[0])
    assert (fields["count"], fields["reason"], fields["ratio"], fields["none"]) == (3, "http_400", 0.5, None)


def test_an_exceptions_text_is_redacted_and_its_lines_stay(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(ADDRESS)
    except ValueError:
        logger("tests.exception").exception("failed")
    (record,) = caplog.records
    assert record.exc_text is not None
    assert ADDRESS not in record.exc_text
    assert "ValueError: <redacted>" in record.exc_text
    assert "test_logger.py" in record.exc_text


def test_redaction_reaches_into_what_is_nested() -> None:
    given = {"endpoints": [{"Id": "e", "Address": "x"}, f"to {PHONE}"], "when": ("now", ADDRESS)}
    assert redact(given) == {
        "endpoints": [{"Id": "e", "Address": "<redacted>"}, "to <redacted>"],
        "when": ["now", "<redacted>"],
    }


def test_a_logger_asked_for_twice_redacts_once() -> None:
    assert logger("tests.twice") is logger("tests.twice")
    assert len(logging.getLogger("tests.twice").filters) == 1
