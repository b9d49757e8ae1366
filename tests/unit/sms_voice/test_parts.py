"""How many parts a text is."""

import pytest

from embedded.sms_voice.parts import measure


@pytest.mark.parametrize(
    ("body", "encoding", "parts"),
    [
        ("a" * 160, "GSM", 1),
        ("a" * 161, "GSM", 2),
        ("a" * 306, "GSM", 2),
        ("a" * 307, "GSM", 3),
        ("€" * 80, "GSM", 1),
        ("€" * 81, "GSM", 2),
        # 153 is odd: no character of two septets is cut in two, so each part holds 76 of them.
        ("€" * 153, "GSM", 3),
        ("é" * 160, "GSM", 1),
        ("ê" * 70, "Unicode", 1),
        ("ê" * 71, "Unicode", 2),
        ("ê" * 134, "Unicode", 2),
        ("ê" * 135, "Unicode", 3),
        ("😀" * 35, "Unicode", 1),
        ("😀" * 36, "Unicode", 2),
        # 67 is odd as well: 33 characters of two units in each part.
        ("😀" * 67, "Unicode", 3),
    ],
)
def test_a_text_has_the_parts_that_carriers_count(body: str, encoding: str, parts: int) -> None:
    measured = measure(body)
    assert (measured.encoding, measured.parts) == (encoding, parts)
