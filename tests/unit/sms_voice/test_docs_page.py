"""The page about phones says what the numbers do."""

import re
from pathlib import Path

import pytest

from embedded.sms_voice.outcomes import outcome_of

PAGE = Path(__file__).resolve().parents[3] / "docs/embedded-phones.md"
ROWS = re.findall(r"^\| `(\d{5})` \| (\w+)[^|]* \| (\w+)", PAGE.read_text(), re.MULTILINE)


def test_the_page_lists_every_number_that_is_special() -> None:
    ordinary = outcome_of("+14255550100", "TEXT")
    special = {
        str(digits) for digits in range(99900, 100000) if outcome_of(f"+1425{digits}", "TEXT") != ordinary
    }
    assert {digits for digits, _, _ in ROWS} == special


@pytest.mark.parametrize(("digits", "text", "call"), ROWS)
def test_a_row_of_the_page_is_what_becomes_of_a_message(digits: str, text: str, call: str) -> None:
    for kind, status in (("TEXT", text), ("MEDIA", text), ("VOICE", call)):
        steps = outcome_of(f"+14255{digits}", kind).steps  # type: ignore[arg-type]
        assert [step.status for step in steps if step.is_final] == [status]
