"""Nobody's address, message or token comes into a log line by accident."""

import json
import logging
from typing import Any

import pytest

from pinpoint_runtime.logger import logger, redact, with_request
from tests.support.lambda_context import LambdaContext

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
    assert len(logger("tests.twice").filters) == 1


def test_a_line_is_json_with_the_request_the_reason_and_nobodys_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = logger("tests.line")

    @with_request
    def handler(_event: object, _context: object) -> None:
        try:
            raise ValueError(ADDRESS)
        except ValueError:
            log.exception("cannot reach %s", PHONE, extra={"body": "hello", "count": 3})

    handler({}, LambdaContext(aws_request_id="request-1"))

    line = written(caplog.records[0])
    assert {name: line[name] for name in ("level", "message", "function_request_id", "body", "count")} == {
        "level": "ERROR",
        "message": "cannot reach <redacted>",
        "function_request_id": "request-1",
        "body": "<redacted>",
        "count": 3,
    }
    assert line["exception_name"] == "ValueError"
    assert "test_logger.py" in line["exception"]
    assert "tests.line:" in line["location"]
    assert ADDRESS not in json.dumps(line)


def written(record: logging.LogRecord) -> dict[str, Any]:
    """What the handler that Lambda reads from makes of a record."""
    service = logger("tests.line").parent
    assert service is not None
    (handler,) = service.handlers
    line: dict[str, Any] = json.loads(handler.format(record))
    return line
