"""Each use case of the guide is served by what exists, described where the table says, proved by a test."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

import pinpoint_patterns

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "use-cases.md"
_ROW = re.compile(
    r"^\| (?P<case>[^|]+) \| `(?P<stack>\w+)` \| `(?P<module>[^`]+)` "
    r"\| \[[^]]+\]\((?P<page>[^)#]+)#?(?P<section>[^)]*)\) \| `(?P<file>[^`:]+)::(?P<test>\w+)` \|$"
)
_KINDS_OF_PARTNERS = (
    "Customer data platforms",
    "Application frameworks",
    "Custom channels",
    "Identity providers",
)


class UseCase(NamedTuple):
    """One row of the page."""

    case: str
    stack: str
    module: str
    page: str
    section: str
    file: str
    test: str


def rows() -> list[str]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [line for line in lines if not line.startswith(("| Use case ", "| --- "))]


def use_cases() -> list[UseCase]:
    return [UseCase(**found.groupdict()) for found in map(_ROW.match, rows()) if found]


def slugs(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_row_says_stack_module_section_and_test() -> None:
    assert [row for row in rows() if not _ROW.match(row)] == []
    assert len(use_cases()) >= 30


def test_each_kind_of_partner_has_its_use_cases() -> None:
    sections = PAGE.read_text().split("\n## ")
    told = {section.partition("\n")[0] for section in sections if "\n| Use case " in section}
    assert told >= set(_KINDS_OF_PARTNERS)


@pytest.mark.parametrize("one", use_cases(), ids=lambda one: one.case)
def test_what_a_use_case_names_exists(one: UseCase) -> None:
    if one.module not in pinpoint_patterns.__all__:
        assert (ROOT / one.module).is_file(), f"{one.module} is neither a construct nor a file"
    page = PAGE.parent / one.page
    assert page.is_file()
    assert not one.section or one.section in slugs(page)
    assert f"| `{one.stack}` | works" in (ROOT / "README.md").read_text()
    assert re.search(rf"^def {one.test}\(", (ROOT / one.file).read_text(), re.MULTILINE), one.test
