"""Settings from the environment, read once, typed, failing with the variable's name."""

import os


class InvalidSetting(Exception):
    """An environment variable is missing or cannot be read as what it should be.

    Attributes:
        name: The variable.
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"environment variable {name} {problem}")
        self.name = name


def text(name: str, default: str | None = None) -> str:
    """A variable as it stands.

    Raises:
        InvalidSetting: It is missing or empty, and there is no default.
    """
    value = os.environ.get(name) or default
    if value is None:
        raise InvalidSetting(name, "is missing: set it on the function")
    return value


def whole_number(name: str, default: int | None = None) -> int:
    """A variable as a whole number, 0 or more.

    Raises:
        InvalidSetting: It is missing without a default, or no such number.
    """
    value = text(name, None if default is None else str(default))
    if not value.isdecimal():
        raise InvalidSetting(name, "must be a whole number")
    return int(value)


def flag(name: str, default: bool | None = None) -> bool:
    """A variable as yes or no.

    Raises:
        InvalidSetting: It is missing without a default, or neither `true` nor `false`.
    """
    value = text(name, None if default is None else str(default).lower())
    if value not in ("true", "false"):
        raise InvalidSetting(name, "must be true or false")
    return value == "true"
