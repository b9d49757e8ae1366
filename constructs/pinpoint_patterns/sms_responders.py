"""What can answer text messages."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from aws_cdk import Token
from aws_cdk import aws_lambda as lambda_

_FACTORY: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
# A function's variables hold 4 KB together, and it has others.
_MOST_BYTES: Final = 2_500
_MOST_CHARACTERS: Final = 1_600


@dataclass(frozen=True)
class KeywordResponder:
    """Answers keywords, each the whole message, in the language that has the word.

    Attributes:
        answers: By language and word; the word `*` answers everything else. A sender's last language goes
            first, and the first in the alphabet before there was one.
    """

    answers: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        if not self.answers or not all(self.answers.values()):
            raise ValueError('answers must be {"<language>": {"<word>": "<answer>"}} with a word a language')
        for language, words in self.answers.items():
            for word, answer in words.items():
                if not Token.is_unresolved(answer) and not 1 <= len(answer.strip()) <= _MOST_CHARACTERS:
                    raise ValueError(
                        f"answers[{language!r}][{word!r}] must have 1 to {_MOST_CHARACTERS} characters, "
                        f"got {len(answer.strip())}"
                    )
        if len(self.to_json().encode()) > _MOST_BYTES:
            raise ValueError(
                f"answers must fit {_MOST_BYTES} bytes, got {len(self.to_json().encode())}: "
                "keep them in a ModuleResponder of your own"
            )

    def to_json(self) -> str:
        """The setting of the included responder."""
        return json.dumps(self.answers, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True)
class ModuleResponder:
    """A responder of one's own, which runs inside the worker.

    Attributes:
        factory: `module:factory`; the factory gives an object with `reply(inbound, conversation)`.
        code: Folders below the Lambda source root that hold it.
        layer: A layer that holds it, for one that is not part of this package.
        environment: Its settings; never a secret.
    """

    factory: str
    code: Sequence[str] = ()
    layer: lambda_.ILayerVersion | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        check_factory("factory", self.factory)


@dataclass(frozen=True)
class FunctionResponder:
    """A Lambda function that is called with `{"message": ..., "conversation": ...}` and gives a reply.

    Attributes:
        function: It answers `null`, or `{"text": ..., "state": {...}}`, within `responder_timeout`.
    """

    function: lambda_.IFunction


Responder: TypeAlias = KeywordResponder | ModuleResponder | FunctionResponder


def check_factory(what: str, name: str) -> None:
    """Refuse what names no factory.

    Raises:
        ValueError: It is not `module:factory`.
    """
    if not _FACTORY.fullmatch(name):
        raise ValueError(f"{what} must be module:factory, got {name!r}")
