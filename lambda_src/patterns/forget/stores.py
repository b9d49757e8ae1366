"""What a store is to an erasure, and how the stores that a construct describes are opened.

Each `sweep` looks at one page and answers where the next begins (None: it was the last) and how much was
removed. A page that is swept again finds nothing more, so that a lost answer costs nothing but time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final, Protocol, TypeAlias

from patterns.forget.person import Person

Place: TypeAlias = Mapping[str, Any]

DEAD_LETTERS: Final = "dead letters"
_LETTERS: Final = "patterns.forget.letters:store"


@dataclass(frozen=True)
class Swept:
    """What became of a page.

    Attributes:
        removed: Items, events, files or messages.
        after: Where the next page begins; None if there is none.
    """

    removed: int
    after: Place | None = None


class PersonStore(Protocol):
    """A store."""

    def sweep(self, person: Person, after: Place | None) -> Swept:
        """Rid one page of a person."""
        ...


class NoSuchStore(Exception):
    """A description names no factory of a store."""


@dataclass(frozen=True)
class Stores(Mapping[str, PersonStore]):
    """The stores by name, each opened when it is first swept: only then is its code imported.

    Attributes:
        described: By name, `eraser` (`module:factory`) and what its factory has to know.
    """

    described: Mapping[str, Mapping[str, Any]]
    _opened: dict[str, PersonStore] = field(default_factory=dict[str, PersonStore])

    def __getitem__(self, name: str) -> PersonStore:
        if name not in self._opened:
            self._opened[name] = _open(self.described[name])
        return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.described)

    def __len__(self) -> int:
        return len(self.described)


def stores_of(described: Sequence[Mapping[str, Any]]) -> Stores:
    """The stores that constructs describe. All dead letters are one, since empty queues take time to ask."""
    letters = [each["place"] for each in described if each["eraser"] == _LETTERS]
    others = {each["name"]: each for each in described if each["eraser"] != _LETTERS}
    return Stores({**others, DEAD_LETTERS: {"eraser": _LETTERS, "places": letters}} if letters else others)


def _open(told: Mapping[str, Any]) -> PersonStore:
    module, _, factory = str(told["eraser"]).partition(":")
    try:
        make = getattr(import_module(module), factory)
    except (ImportError, AttributeError, ValueError) as error:
        raise NoSuchStore(
            f"eraser must be module:factory of a function in reach, got {told['eraser']!r}"
        ) from error
    store: PersonStore = make(told)
    return store
