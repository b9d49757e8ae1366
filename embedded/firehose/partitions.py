"""Which partition a record belongs to: what a jq program makes of it.

https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html
"""

import json
from functools import lru_cache
from typing import Any

import jq

Keys = tuple[tuple[str, str], ...]
"""The partition keys of a record, in the order of the program."""


class Unpartitioned(Exception):
    """A record that has no partition; the message says why, without its values."""


def keys_of(query: str, data: bytes) -> Keys:
    """The partition keys that a jq program takes out of a record.

    Args:
        query: Makes an object of texts, numbers or booleans. Firehose runs jq 1.6, this the installed one.
        data: The record.

    Raises:
        Unpartitioned: The record is no JSON object, or a key comes out null, empty or as no scalar.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise Unpartitioned("the record is not JSON") from None
    if not isinstance(document, dict):
        raise Unpartitioned("the record is not a JSON object")
    try:
        found: Any = _compiled(query).input_value(document).first()
    except (ValueError, StopIteration):
        raise Unpartitioned("the query fails on the record") from None
    if not isinstance(found, dict):
        raise Unpartitioned("the query makes no object")
    return tuple((str(name), _text(str(name), value)) for name, value in found.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _text(name: str, value: Any) -> str:
    if value is None or value == "" or isinstance(value, dict | list):
        raise Unpartitioned(f"partition key {name} has no value")
    return value if isinstance(value, str) else json.dumps(value)


@lru_cache(maxsize=64)
def _compiled(query: str) -> Any:
    return jq.compile(query)
