"""A logger that keeps people out of the log: addresses, bodies and tokens are redacted by default.

Powertools writes the lines: JSON that Lambda passes on as it is, with the service's name, the request's id
and its trace. What is said is redacted before any handler sees it.

See https://docs.powertools.aws.dev/lambda/python/latest/core/logger/.
"""

import logging
import re
import traceback
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

_REDACTED: Final = "<redacted>"
_EMAIL: Final = re.compile(r"[^\s\"'<>@,;:=(\[]+@[^\s\"'<>@,;:)\]]+\.[^\s\"'<>@,;:)\]]+")
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}\b")
_SENSITIVE: Final = re.compile(
    r"address|e-?mail|phone|recipient|destination_number|body|payload|content|secret|token|password|"
    r"substitutions|^data$|^row$|^message_text$",
    re.IGNORECASE,
)
# What a record has of its own is no field of the caller's.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# Lambda filters lines by level only where the time is RFC 3339:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
_SERVICE: Final = Logger(utc=True, use_rfc3339=True, location="%(name)s:%(lineno)d")

# Decorates a handler: every line of the call carries the id of the request.
with_request: Final = _SERVICE.inject_lambda_context


def logger(name: str) -> logging.Logger:
    """The logger of a module, a child of the service's logger, with redaction on it.

    Args:
        name: The module's `__name__`.
    """
    found = logging.getLogger(f"{_SERVICE.service}.{name}")
    if not any(isinstance(existing, _Redaction) for existing in found.filters):
        found.addFilter(_Redaction())
    return found


def redact(value: Any) -> Any:
    """A copy without addresses in any text, and without the values of fields that hold personal data."""
    if isinstance(value, str):
        return _PHONE.sub(_REDACTED, _EMAIL.sub(_REDACTED, value))
    if isinstance(value, Mapping):
        return {key: _field(str(key), member) for key, member in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(member) for member in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))


def _field(name: str, value: Any) -> Any:
    return _REDACTED if _SENSITIVE.search(name) else redact(value)


class _Redaction(logging.Filter):
    """Stands on the logger and not on its handler: a record's filters run before anybody's handlers."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        for name in set(vars(record)) - _OWN:
            setattr(record, name, _field(name, getattr(record, name)))
        if record.exc_info and record.exc_info[0]:
            # An exception's text quotes what it stumbled over; its lines of code do not.
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)))
            # Powertools writes these two of its own accord only where it has the exception itself.
            record.exception = record.exc_text
            record.exception_name = record.exc_info[0].__name__
            record.exc_info = None
        return True
