"""Message templates: the part of Handlebars that messages use.

Paths (`{{User.UserAttributes.FirstName}}`, `{{Attributes.Offers.[0]}}`), `{{{unescaped}}}`, comments,
`{{#if}}`, `{{#unless}}` and `{{#each}}` with `{{else}}`, and the helpers of `helpers.py`.

See https://docs.aws.amazon.com/pinpoint/latest/userguide/message-template-helpers.html
"""

import html as html_module
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from engine import choices
from engine.rendering.helpers import HELPERS
from engine.rendering.values import Values, as_text

_TAG: Final = re.compile(r"\{\{\{(?P<raw>.*?)\}\}\}|\{\{(?P<tag>.*?)\}\}", re.DOTALL)
_WORD: Final = re.compile(r'"[^"]*"|\'[^\']*\'|[^\s]+')
_MAX_EACH: Final = 15
_MAX_DEPTH: Final = 20


class RenderingError(Exception):
    """The template cannot be read, or has no value for one of its variables."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class _Show:
    words: tuple[str, ...]
    escaped: bool


@dataclass(frozen=True)
class _Block:
    kind: str
    words: tuple[str, ...]
    body: "tuple[_Node, ...]"
    otherwise: "tuple[_Node, ...]"


_Node: TypeAlias = str | _Show | _Block


@dataclass(frozen=True)
class _Manner:
    html: bool
    strict: bool


def render(
    source: str, layers: Sequence[Mapping[str, Any]], *, html: bool = False, strict: bool = False
) -> str:
    """Fill a template.

    Args:
        source: The template.
        layers: Values, the strongest layer first. A layer is nested as an endpoint is, or flat with
            dotted names as substitutions are; a value is a text, a number or a list of them.
        html: Whether the text is HTML, where values are escaped.
        strict: Whether a variable without a value is an error; otherwise it shows as nothing.

    Raises:
        RenderingError: The template is broken, or a value is missing and `strict` is set.
    """
    return _fill(
        _parse(source), Values(tuple(layers)), _Manner(html and choices.HTML_PARTS_ARE_ESCAPED, strict)
    )


def check_template(source: str) -> None:
    """Refuse a template that cannot be read.

    Raises:
        RenderingError: Says where it is broken.
    """
    _parse(source)


@lru_cache(maxsize=64)
def _parse(source: str) -> tuple[_Node, ...]:
    tokens: list[_Node | tuple[str, tuple[str, ...]]] = []
    at = 0
    for match in _TAG.finditer(source):
        if match.start() > at:
            tokens.append(source[at : match.start()])
        at = match.end()
        tokens.append(_token(match))
    if at < len(source):
        tokens.append(source[at:])
    nodes, rest = _nodes(tokens, 0, None, 0)
    if rest < len(tokens):
        raise RenderingError("the template closes or continues a block that it did not open")
    return nodes


def _token(match: re.Match[str]) -> "_Node | tuple[str, tuple[str, ...]]":
    if match["raw"] is not None:
        return _Show(_words(match["raw"]), escaped=False)
    tag = match["tag"].strip()
    if not tag:
        raise RenderingError("the template holds an empty {{ }}")
    if tag.startswith("!"):
        return ""
    if tag.startswith("#"):
        return ("#", _words(tag[1:]))
    if tag.startswith("/"):
        return ("/", _words(tag[1:]))
    if tag == "else":
        return ("else", ())
    if tag.startswith("&"):
        return _Show(_words(tag[1:]), escaped=False)
    return _Show(_words(tag), escaped=True)


def _words(tag: str) -> tuple[str, ...]:
    words = tuple(_WORD.findall(tag))
    if not words:
        raise RenderingError("the template holds an empty {{ }}")
    return words


def _nodes(
    tokens: "Sequence[_Node | tuple[str, tuple[str, ...]]]", at: int, block: str | None, depth: int
) -> tuple[tuple[_Node, ...], int]:
    """The nodes up to the end of the block they are in; gives also where that end is."""
    if depth > _MAX_DEPTH:
        raise RenderingError(f"the template nests blocks more than {_MAX_DEPTH} deep")
    nodes: list[_Node] = []
    while at < len(tokens):
        token = tokens[at]
        if not isinstance(token, tuple):
            nodes.append(token)
            at += 1
            continue
        mark, words = token
        if mark != "#":
            if block is None:
                raise RenderingError("the template closes or continues a block that it did not open")
            return tuple(nodes), at
        node, at = _block(tokens, at, words, depth)
        nodes.append(node)
    if block is not None:
        raise RenderingError(f"the template does not close its {{{{#{block}}}}}")
    return tuple(nodes), at


def _block(
    tokens: "Sequence[_Node | tuple[str, tuple[str, ...]]]", at: int, words: tuple[str, ...], depth: int
) -> tuple[_Block, int]:
    kind = words[0]
    if kind not in ("if", "unless", "each") or len(words) < 2:
        raise RenderingError(f"{{{{#{kind}}}}} is not a block that this engine knows: if, unless, each")
    body, at = _nodes(tokens, at + 1, kind, depth + 1)
    otherwise: tuple[_Node, ...] = ()
    if tokens[at] == ("else", ()):
        otherwise, at = _nodes(tokens, at + 1, kind, depth + 1)
    if tokens[at] != ("/", (kind,)):
        raise RenderingError(f"the template does not close its {{{{#{kind}}}}}")
    return _Block(kind, words[1:], body, otherwise), at + 1


def _fill(nodes: Sequence[_Node], values: Values, manner: _Manner) -> str:
    parts: list[str] = []
    for node in nodes:
        match node:
            case str():
                parts.append(node)
            case _Show():
                shown = as_text(_evaluate(node.words, values, manner))
                parts.append(html_module.escape(shown) if node.escaped and manner.html else shown)
            case _Block():
                parts.append(_fill_block(node, values, manner))
    return "".join(parts)


def _fill_block(block: _Block, values: Values, manner: _Manner) -> str:
    # A condition may ask for what is not there: that is what conditions are for.
    value = _evaluate(block.words, values, _Manner(manner.html, strict=False))
    if block.kind != "each":
        return _fill(block.body if bool(value) == (block.kind == "if") else block.otherwise, values, manner)
    items: list[Any] = value if isinstance(value, list) else []
    if not items:
        return _fill(block.otherwise, values, manner)
    return "".join(
        _fill(block.body, values.within({"this": item, "@index": str(index)}), manner)
        for index, item in enumerate(items[:_MAX_EACH])
    )


def _evaluate(words: tuple[str, ...], values: Values, manner: _Manner) -> Any:
    head, *arguments = words
    if not arguments:
        return _value(head, values, manner)
    helper = HELPERS.get(head)
    if helper is None:
        raise RenderingError(f"the helper {head!r} is not one that this engine knows: {', '.join(HELPERS)}")
    try:
        return helper(*(_value(argument, values, manner) for argument in arguments))
    except (TypeError, ValueError, ArithmeticError):
        raise RenderingError(f"the helper {head!r} cannot work with what it was given") from None


def _value(word: str, values: Values, manner: _Manner) -> Any:
    if word[0] in "\"'":
        return word[1:-1]
    if re.fullmatch(r"-?\d+(\.\d+)?", word):
        return float(word) if "." in word else int(word)
    value = values.look_up(word)
    if value is None:
        if manner.strict:
            raise RenderingError(f"there is no value for {word}")
        return ""
    return value
