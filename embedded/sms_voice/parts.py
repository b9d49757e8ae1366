"""How many message parts a text is: what carriers count, and what is paid for.

https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-character.html
The alphabet is the default one of 3GPP TS 23.038, section 6.2.1, with its extension table.
"""

from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["GSM", "Unicode"]

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these is sent as an escape and a second septet.
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_BYTES_OF_A_UNIT: Final = 2
# What one message holds, and what each of several does: a part gives room to the header that joins them.
_ROOM: Final[dict[Encoding, tuple[int, int]]] = {"GSM": (160, 153), "Unicode": (70, 67)}


@dataclass(frozen=True)
class Measured:
    """A text as it is sent.

    Attributes:
        encoding: `GSM`, or `Unicode` if one character is not in GSM's alphabet.
        parts: At least 1.
    """

    encoding: Encoding
    parts: int


def measure(body: str) -> Measured:
    """The encoding and the number of parts of a text."""
    if all(letter in _BASIC or letter in _EXTENDED for letter in body):
        return Measured("GSM", _count([2 if letter in _EXTENDED else 1 for letter in body], "GSM"))
    units = [len(letter.encode("utf-16-le", "surrogatepass")) // _BYTES_OF_A_UNIT for letter in body]
    return Measured("Unicode", _count(units, "Unicode"))


def _count(widths: list[int], encoding: Encoding) -> int:
    alone, joined = _ROOM[encoding]
    if sum(widths) <= alone:
        return 1
    parts, used = 1, 0
    for width in widths:
        # No character is cut in two: one that does not fit begins the next part.
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return parts
