"""A logger that keeps people out of the log: addresses, bodies and tokens are redacted by default.

Lambda's own JSON format writes what is passed as `extra` as fields, so that the standard library serves
and a cold start pays for no other logger.

See https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html#python-logging-advanced.
"""

import logging
import re
import traceback
from collections.abc import Mapping
from typing import Any, Final

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


def logger(name: str) -> logging.Logger:
    """The logger of a module, with redaction on it.

    Args:
        name: The module's `__name__`.
    """
    found = logging.getLogger(name)
    if not any(isinstance(existing, _Redaction) for existing in found.filters):
        found.addFilter(_Redaction())
        # Without a handler of Lambda's, as in tests, the root's level would swallow what is said.
        found.setLevel(logging.INFO)
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
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        for name in set(vars(record)) - _OWN:
            setattr(record, name, _field(name, getattr(record, name)))
        if record.exc_info:
            # An exception's text quotes what it stumbled over; its lines of code do not.
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)))
            record.exc_info = None
        return True
