"""CloudFormation values as text that can be cut and compared, with the intrinsic functions kept whole.

`{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":mobiletargeting:..."]]}` becomes one string in
which each inner function is a single private character, and can be turned back.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from pinpoint_patterns.errors import NotTranslatable

_FIRST: Final = 0xE000
_SUBSTITUTION: Final = re.compile(r"\$\{(!?)([^}]+)\}")


@dataclass
class Intrinsics:
    """The functions met so far, each known by a character."""

    values: list[Any] = field(default_factory=list)

    def text(self, value: Any) -> str:
        """A value as text.

        Raises:
            NotTranslatable: It is a function that makes no text that could be followed.
        """
        if isinstance(value, str):
            return value
        if not isinstance(value, dict) or len(value) != 1:
            raise NotTranslatable(f"the value {value!r} is not text", "write it out")
        ((function, argument),) = value.items()
        if function == "Fn::Join" and argument[0] == "" and isinstance(argument[1], list):
            return "".join(self.text(part) for part in argument[1])
        if function == "Fn::Sub":
            return self._substituted(argument)
        return self.character(value)

    def character(self, value: Any) -> str:
        """The character that stands for a function."""
        if value not in self.values:
            self.values.append(value)
        return chr(_FIRST + self.values.index(value))

    def of(self, character: str) -> Any:
        """The function that a character stands for, None if it is text."""
        index = ord(character) - _FIRST
        return self.values[index] if 0 <= index < len(self.values) else None

    def value(self, text: str) -> Any:
        """The text as a value again."""
        parts: list[Any] = []
        for character in text:
            function = self.of(character)
            if function is not None:
                parts.append(function)
            elif parts and isinstance(parts[-1], str):
                parts[-1] += character
            else:
                parts.append(character)
        if len(parts) == 1:
            return parts[0]
        return {"Fn::Join": ["", parts]}

    def _substituted(self, argument: Any) -> str:
        template, given = argument if isinstance(argument, list) else (argument, {})

        def replaced(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in given:
                return self.text(given[name])
            resource, dot, attribute = name.partition(".")
            return self.character({"Fn::GetAtt": [resource, attribute]} if dot else {"Ref": resource})

        return _SUBSTITUTION.sub(replaced, template)


def as_list(value: Any) -> list[Any]:
    """IAM's "one or a list of them"."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
