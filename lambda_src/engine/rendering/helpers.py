"""The helpers of message templates that this engine knows, each a plain function of its arguments.

See https://docs.aws.amazon.com/pinpoint/latest/userguide/message-template-helpers.html
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.rendering.values import as_text


def _number(value: Any) -> float:
    return float(as_text(value))


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _join(values: Any, separator: Any = ",") -> str:
    items: list[Any] = values if isinstance(values, list) else [values]
    return str(separator).join(as_text(item) for item in items)


def _replace(value: Any, old: Any, new: Any) -> str:
    return as_text(value).replace(str(old), str(new))


def _substring(value: Any, start: Any, end: Any = None) -> str:
    return as_text(value)[int(start) : None if end is None else int(end)]


HELPERS: Final[Mapping[str, Callable[..., Any]]] = {
    "upper": lambda value: as_text(value).upper(),
    "lower": lambda value: as_text(value).lower(),
    "capitalize": lambda value: as_text(value).title(),
    "capitalizeFirst": lambda value: as_text(value)[:1].upper() + as_text(value)[1:],
    "stripTags": lambda value: re.sub(r"<[^>]*>", "", as_text(value)),
    "substring": _substring,
    "replace": _replace,
    "join": _join,
    "add": lambda a, b: _shown(_number(a) + _number(b)),
    "subtract": lambda a, b: _shown(_number(a) - _number(b)),
    "multiply": lambda a, b: _shown(_number(a) * _number(b)),
    "divide": lambda a, b: _shown(_number(a) / _number(b)) if _number(b) else "",
    "round": lambda value: _shown(math.floor(_number(value) + 0.5)),
    "floor": lambda value: _shown(math.floor(_number(value))),
    "ceiling": lambda value: _shown(math.ceil(_number(value))),
    "eq": lambda a, b: as_text(a) == as_text(b),
    "neq": lambda a, b: as_text(a) != as_text(b),
    "gt": lambda a, b: _number(a) > _number(b),
    "gte": lambda a, b: _number(a) >= _number(b),
    "lt": lambda a, b: _number(a) < _number(b),
    "lte": lambda a, b: _number(a) <= _number(b),
    "and": lambda *values: all(values),
    "or": lambda *values: any(values),
    "not": lambda value: not value,
}
