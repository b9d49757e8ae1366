"""Rules that campaigns share with an application's settings: limits, quiet time, hooks."""

import re
from collections.abc import Mapping
from typing import Final

from engine.errors import BadRequest, NotYetImplemented

_RANGES: Final = {
    "Daily": (0, 100),
    "Total": (0, 100),
    "MaximumDuration": (60, 2**31 - 1),
    "MessagesPerSecond": (1, 20_000),
    "Session": (0, 2**31 - 1),
}
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_FUNCTION: Final = re.compile(
    r"(arn:[^:]+:lambda:[^:]+:\d{12}:function:)?[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]{1,128})?"
)


def check_limits(limits: Mapping[str, int] | None, path: str) -> None:
    """Refuse limits outside their documented ranges.

    Raises:
        BadRequest: Names the limit and its range.
    """
    for name, value in (limits or {}).items():
        low, high = _RANGES[name]
        # A zero stands for "no limit" in what the console writes.
        if value != 0 and not low <= value <= high:
            raise BadRequest(f"{path}.{name} must be between {low} and {high}, got {value}")


def check_quiet_time(quiet_time: Mapping[str, str] | None, path: str) -> None:
    """Refuse a quiet time that is not two times of day.

    Raises:
        BadRequest: A time is not HH:MM, or only one of the two is given.
    """
    times = quiet_time or {}
    if times and set(times) != {"Start", "End"}:
        raise BadRequest(f"{path} needs Start and End, or neither")
    for name, value in times.items():
        if not _CLOCK.fullmatch(value):
            raise BadRequest(f"{path}.{name} must be HH:MM, got {value[:20]!r}")


def check_hook(hook: Mapping[str, str] | None, path: str) -> None:
    """Refuse a hook that the engine cannot call.

    Raises:
        BadRequest: It names no Lambda function.
        NotYetImplemented: It is a web address.
    """
    if not hook:
        return
    if hook.get("WebUrl"):
        raise NotYetImplemented(f"{path}.WebUrl is not served by this engine yet: name a Lambda function")
    name = hook.get("LambdaFunctionName")
    if name and not is_function(name):
        raise BadRequest(f"{path}.LambdaFunctionName must be a function's name or ARN, got {name[:80]!r}")


def is_function(name: str) -> bool:
    """Whether this is the name or the ARN of a Lambda function."""
    return _FUNCTION.fullmatch(name) is not None
