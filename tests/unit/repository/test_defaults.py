"""The tables of arguments in the pages of the patterns say what the constructs do."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration

import pinpoint_patterns

ROOT = Path(__file__).resolve().parents[3]
_TABLE = re.compile(r"^\| Argument \| Default \|.*\n\|[-| ]+\|\n((?:\|.*\n?)+)", re.MULTILINE)
_ARGUMENTS = re.compile(r"`([A-Z]\w*)(?:\.(\w+))?\(((?:\w+=(?:, )?)+)\)`")
_DURATION = re.compile(r"(\d+) (seconds?|minutes?|hours?|days?)\b")


@dataclass(frozen=True)
class Row:
    """What a page says of one argument.

    Attributes:
        owner: The exported class.
        method: Empty for the class itself.
        argument: Its name.
        default: The cell of the page.
    """

    owner: str
    method: str
    argument: str
    default: str

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The arguments that the class or method has."""
        exported = getattr(pinpoint_patterns, self.owner)
        return dict(inspect.signature(getattr(exported, self.method or "__init__")).parameters)


def rows() -> Iterator[Row]:
    for page in sorted(ROOT.glob("docs/patterns/*.md")):
        for table in _TABLE.findall(page.read_text()):
            for line in table.splitlines():
                arguments, default, *_ = (cell.strip() for cell in line.strip("|").split("|"))
                named = _ARGUMENTS.fullmatch(arguments)
                assert named, f"{page.name}: {arguments} is not written like `Construct(argument=)`"
                owner, method, names = named.groups(default="")
                for name in re.findall(r"\w+", names):
                    yield Row(owner, method, name, default)


ROWS = list(rows())


def default_of(row: Row) -> Any:
    owner = getattr(pinpoint_patterns, row.owner)
    if is_dataclass(owner):
        (member,) = (each for each in fields(owner) if each.name == row.argument)
        if member.default_factory is not MISSING:
            return member.default_factory()
    return row.parameters[row.argument].default


def duration_when_left_out(row: Row) -> str | None:
    """The time that a construct takes for an argument that is None, as in `x or Duration.hours(1)`."""
    module = inspect.getmodule(getattr(pinpoint_patterns, row.owner))
    assert module is not None
    found = re.search(rf"\b{row.argument} or Duration\.(\w+)s\((\d+)\)", inspect.getsource(module))
    return f"{found[2]} {found[1]}{'' if found[2] == '1' else 's'}" if found else None


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{row.owner}.{row.method}{row.argument}") for row in ROWS]
)
def test_a_default_in_a_page_is_the_one_of_the_signature(row: Row) -> None:
    assert row.argument in row.parameters
    said = _DURATION.match(row.default)
    match default_of(row):
        case inspect.Parameter.empty:
            pytest.fail(f"{row.owner} has no default for {row.argument}")
        case Duration() as default:
            assert said
            assert (
                default.to_seconds()
                == getattr(Duration, said[2].rstrip("s") + "s")(int(said[1])).to_seconds()
            )
        case None:
            # Everything else that is made for None is said in words.
            assert (said[0] if said else None) == duration_when_left_out(row)
            assert said or not row.default[:1].isdigit()
        case ():
            assert row.default == "none"
        case str() as default:
            assert row.default == f"`{default}`"
        case default:
            assert row.default.split()[0] == str(default)


def test_what_a_table_names_it_names_with_every_optional_argument() -> None:
    told = {(row.owner, row.method): set[str]() for row in ROWS}
    for row in ROWS:
        told[row.owner, row.method].add(row.argument)
    missing = {
        (row.owner, row.method, name)
        for row in ROWS
        for name, parameter in row.parameters.items()
        if parameter.default is not inspect.Parameter.empty
        and name not in told[row.owner, row.method]
        and not _told_of_a_base(row, name, parameter)
    }
    assert missing == set()


def _told_of_a_base(row: Row, name: str, parameter: inspect.Parameter) -> bool:
    """Whether a construct that this one specializes has the argument in a table, with the same default."""
    bases = {base.__name__ for base in getattr(pinpoint_patterns, row.owner).__mro__[1:]}
    return any(
        each.owner in bases and each.argument == name and default_of(each) == parameter.default
        for each in ROWS
    )


def test_every_pattern_has_a_table() -> None:
    pages = list(ROOT.glob("docs/patterns/*.md"))
    assert [page.name for page in pages if not _TABLE.search(page.read_text())] == []
    assert pages
