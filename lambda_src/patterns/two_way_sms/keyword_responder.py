"""The responder that is included: whole-message keywords, each with an answer, language by language."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patterns.two_way_sms.inbound import Inbound
from patterns.two_way_sms.responder import Conversation, Reply
from patterns.two_way_sms.words import normal_form
from pinpoint_runtime import settings


class InvalidAnswers(Exception):
    """The setting holds no answers."""


@dataclass(frozen=True)
class KeywordResponder:
    """Answers words, and what is no such word in the language that the sender used last.

    Attributes:
        answers: By language and word in its normal form; the word `*` is everything else.
    """

    answers: Mapping[str, Mapping[str, str]]

    def reply(self, inbound: Inbound, conversation: Conversation) -> Reply | None:
        """The word's answer in the language that has it, the last one first; so with the rest."""
        word, spoken = normal_form(inbound.body), conversation.state.get("language")
        languages = sorted(self.answers, key=lambda language: language != spoken)
        for language in languages:
            if word and word in self.answers[language]:
                return Reply(self.answers[language][word], {"language": language})
        # A language may have no words for the rest: what another says is better than silence.
        rest = (self.answers[language]["*"] for language in languages if "*" in self.answers[language])
        otherwise = next(rest, "")
        return Reply(otherwise) if otherwise else None


def responder() -> KeywordResponder:
    """The responder that the setting `ANSWERS` describes.

    Raises:
        InvalidAnswers: It is not `{"<language>": {"<word>": "<answer>"}}`.
    """
    return KeywordResponder(answers_from_json(settings.text("ANSWERS")))


def answers_from_json(text: str) -> dict[str, dict[str, str]]:
    """Read answers.

    Raises:
        InvalidAnswers: They are not `{"<language>": {"<word>": "<answer>"}}`.
    """
    try:
        given: Any = json.loads(text)
        return {str(language): _normal(words) for language, words in given.items()}
    except (ValueError, AttributeError):
        raise InvalidAnswers('ANSWERS must be {"<language>": {"<word>": "<answer>"}}') from None


def _normal(words: Mapping[str, Any]) -> dict[str, str]:
    return {("*" if word == "*" else normal_form(word)): str(answer) for word, answer in words.items()}
