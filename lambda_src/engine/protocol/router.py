"""Which operation a method and a path mean.

Paths are routed as they were encoded and each segment is decoded once, so that an id may hold
`/ ? # + % @ :` and any letter. Where a literal and an id both fit, the literal wins.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from urllib.parse import unquote

from engine.errors import BadRequest, MethodNotAllowed, NotFound
from engine.protocol.model import Model, pinpoint

_DOT_SEGMENTS: Final = frozenset({".", ".."})


@dataclass(frozen=True)
class Route:
    """What a path means: the operation's name, and the values in the path by their wire names."""

    operation: str
    values: dict[str, str]


@dataclass
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=lambda: defaultdict(_Node))
    anything: "_Node | None" = None
    # Per method: the operation and the wire names of its ids, in order.
    operations: dict[str, tuple[str, tuple[str, ...]]] = field(
        default_factory=dict[str, tuple[str, tuple[str, ...]]]
    )


class Router:
    """The routes of a model, as a tree of path segments.

    Args:
        model: The service model.
    """

    def __init__(self, model: Model) -> None:
        self._root = _Node()
        for name in model.operation_names:
            self._add(name, *model.http(name))

    def route(self, method: str, path: str) -> Route:
        """Find the operation.

        Args:
            method: The HTTP method.
            path: The path as it was encoded, without stage and query.

        Raises:
            BadRequest: A segment is not UTF-8, or is `.` or `..`.
            NotFound: No operation has such a path.
            MethodNotAllowed: Some operation has the path, none with this method.
        """
        segments = [_decode(segment) for segment in path.removeprefix("/").split("/")]
        found = list(_matches(self._root, segments, ()))
        for node, values in found:
            if method in node.operations:
                operation, names = node.operations[method]
                return Route(operation, dict(zip(names, values, strict=True)))
        if found:
            raise MethodNotAllowed(f"the method {method} is not allowed on this path")
        raise NotFound("no operation has this path")

    def _add(self, name: str, method: str, template: str) -> None:
        node = self._root
        ids: list[str] = []
        for segment in template.removeprefix("/").split("/"):
            if segment.startswith("{"):
                ids.append(segment.strip("{}"))
                if node.anything is None:
                    node.anything = _Node()
                node = node.anything
            else:
                node = node.literals[segment]
        node.operations[method] = (name, tuple(ids))


def _matches(
    node: _Node, segments: list[str], values: tuple[str, ...]
) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    if not segments:
        if node.operations:
            yield node, values
        return
    head, *tail = segments
    if head in node.literals:
        yield from _matches(node.literals[head], tail, values)
    if node.anything is not None and head:
        yield from _matches(node.anything, tail, (*values, head))


def _decode(segment: str) -> str:
    try:
        decoded = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise BadRequest("the path must be UTF-8, percent-encoded") from None
    if decoded in _DOT_SEGMENTS:
        raise BadRequest("a path segment must not be '.' or '..'")
    return decoded


@cache
def router() -> Router:
    """The router of Pinpoint's API, made once."""
    return Router(pinpoint())
