"""Words that are an order of the sender's: to stop, to start again, to help.

A word counts only as the whole message: "please don't stop" stops nothing.

See https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html and, for REVOKE and OPT OUT,
47 CFR 64.1200(a)(10).
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
# What End User Messaging calls a message that is none of the number's keywords.
_NO_KEYWORD: Final = "KEYWORD_"


class Meaning(Enum):
    """What a message is."""

    OPT_OUT = auto()
    OPT_IN = auto()
    HELP = auto()
    TALK = auto()
    """Anything else: it is for the responder."""


def normal_form(text: str) -> str:
    """A text without case, accents, punctuation, and with single spaces: `Arrêt!` is `arret`."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(plain))


def normal_forms(texts: Iterable[str]) -> frozenset[str]:
    """The normal forms of several texts."""
    return frozenset(normal_form(text) for text in texts) - {""}


OPT_OUT_WORDS_OF_AWS: Final = normal_forms(
    ("ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE")
)
_OPT_OUT: Final = OPT_OUT_WORDS_OF_AWS | normal_forms(("REVOKE", "STOP ALL", "STOPALL"))
_OPT_IN: Final = normal_forms(("START", "UNSTOP"))
_HELP: Final = normal_forms(("HELP", "INFO", "AIDE"))


@dataclass(frozen=True)
class Vocabulary:
    """The words that are orders, each in its normal form."""

    opt_out: frozenset[str] = _OPT_OUT
    opt_in: frozenset[str] = _OPT_IN
    help: frozenset[str] = _HELP

    def with_opt_outs(self, words: Iterable[str]) -> "Vocabulary":
        """With more words that opt out, such as those of more languages."""
        more = normal_forms(words)
        return Vocabulary(self.opt_out | more, self.opt_in - more, self.help - more)

    def meaning(self, text: str) -> Meaning:
        """What a whole message, or a keyword, is."""
        word = normal_form(text)
        if word in self.opt_out:
            return Meaning.OPT_OUT
        if word in self.opt_in:
            return Meaning.OPT_IN
        return Meaning.HELP if word in self.help else Meaning.TALK


def keyword_taken(body: str, keyword: str) -> bool:
    """Whether End User Messaging took a message for a keyword of the number's, and so answered it.

    Args:
        body: The message.
        keyword: Its `messageKeyword`. A number may have a keyword that stands for all messages: one that the
            message does not begin with says nothing.
    """
    words = normal_form(keyword)
    if not words or keyword.upper().startswith(_NO_KEYWORD):
        return False
    return f"{normal_form(body)} ".startswith(f"{words} ")
