"""How many message parts a text is sent in: what is paid for.

See https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-character.html; the alphabet is the
default one of 3GPP TS 23.038, with its extension table.
"""

from typing import Final

_SINGLE: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE: Final = frozenset("\f^{}\\[~]|€")


def parts(text: str) -> int:
    """The parts of a text, at least 1."""
    if all(letter in _SINGLE or letter in _DOUBLE for letter in text):
        return _count([1 if letter in _SINGLE else 2 for letter in text], alone=160, joined=153)
    return _count([1 if ord(letter) <= 0xFFFF else 2 for letter in text], alone=70, joined=67)


def _count(widths: list[int], *, alone: int, joined: int) -> int:
    """No character is cut in two: one that does not fit begins the next part."""
    if sum(widths) <= alone:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > joined:
            count, used = count + 1, 0
        used += width
    return count
