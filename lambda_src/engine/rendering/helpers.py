"""The helpers of message templates that this engine knows, each a plain function of its arguments.

See https://docs.aws.amazon.com/pinpoint/latest/userguide/message-template-helpers.html
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.rendering.values import as_text


def _text(change: Callable[[str], str]) -> Callable[..., Any]:
    def helper(value: Any) -> str:
        return change(as_text(value))

    return helper


def _texts(compare: Callable[[str, str], bool]) -> Callable[..., Any]:
    def helper(one: Any, other: Any) -> bool:
        return compare(as_text(one), as_text(other))

    return helper


def _number(change: Callable[[float], float]) -> Callable[..., Any]:
    def helper(value: Any) -> str:
        return as_text(float(change(float(as_text(value)))))

    return helper


def _numbers(compute: Callable[[float, float], Any]) -> Callable[..., Any]:
    def helper(one: Any, other: Any) -> Any:
        result = compute(float(as_text(one)), float(as_text(other)))
        return result if isinstance(result, bool) else as_text(float(result))

    return helper


def _join(values: Any, separator: Any = ",") -> str:
    items: list[Any] = values if isinstance(values, list) else [values]
    return str(separator).join(as_text(item) for item in items)


def _replace(value: Any, old: Any, new: Any) -> str:
    return as_text(value).replace(str(old), str(new))


def _substring(value: Any, start: Any, end: Any = None) -> str:
    return as_text(value)[int(start) : None if end is None else int(end)]


def _every(*values: Any) -> bool:
    return all(values)


def _some(*values: Any) -> bool:
    return any(values)


HELPERS: Final[Mapping[str, Callable[..., Any]]] = {
    "upper": _text(str.upper),
    "lower": _text(str.lower),
    "capitalize": _text(str.title),
    "capitalizeFirst": _text(lambda text: text[:1].upper() + text[1:]),
    "stripTags": _text(lambda text: re.sub(r"<[^>]*>", "", text)),
    "substring": _substring,
    "replace": _replace,
    "join": _join,
    "add": _numbers(operator.add),
    "subtract": _numbers(operator.sub),
    "multiply": _numbers(operator.mul),
    "divide": _numbers(operator.truediv),
    "round": _number(lambda number: math.floor(number + 0.5)),
    "floor": _number(math.floor),
    "ceiling": _number(math.ceil),
    "eq": _texts(operator.eq),
    "neq": _texts(operator.ne),
    "gt": _numbers(operator.gt),
    "gte": _numbers(operator.ge),
    "lt": _numbers(operator.lt),
    "lte": _numbers(operator.le),
    "and": _every,
    "or": _some,
    "not": operator.not_,
}
