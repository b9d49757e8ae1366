"""The changes of a batch, sorted: by endpoint, in order of versions, in pieces that travel as one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from patterns.audience_sync.change import Change, Kind, composed, together
from pinpoint_runtime.queues import Again, Dead


class Fate(StrEnum):
    """How a change ended well; the names are what is counted."""

    APPLIED = "Applied"
    DELETED = "Deleted"
    STALE = "Stale"
    FILED = "Filed"


Outcome: TypeAlias = Fate | Dead | Again


@dataclass(frozen=True, eq=False)
class Part:
    """One change of one message.

    Attributes:
        message: Which message of the batch it came with.
        change: What it says.
    """

    message: int
    change: Change


@dataclass(frozen=True)
class Run:
    """Changes of one endpoint that go to the project in one piece, the oldest first."""

    parts: tuple[Part, ...]

    @property
    def endpoint_id(self) -> str:
        """Whose."""
        return self.parts[-1].change.endpoint_id

    @property
    def version(self) -> int:
        """The newest version."""
        return self.parts[-1].change.version

    @property
    def deletes(self) -> bool:
        """Whether it is a deletion, which always stands alone."""
        return self.parts[-1].change.kind is Kind.DELETE

    @property
    def item(self) -> dict[str, object]:
        """All parts as one item of UpdateEndpointsBatch, or one line of an import."""
        return {"Id": self.endpoint_id, **composed([part.change for part in self.parts])}

    def newer_than(self, version: int | None) -> "Run | None":
        """What is left of it where a version was applied; None if nothing is."""
        left = tuple(part for part in self.parts if version is None or part.change.version > version)
        return Run(left) if left else None


@dataclass(frozen=True)
class Sorted:
    """A batch.

    Attributes:
        rounds: Runs of different endpoints, to be applied round by round.
        copies: Parts of the same endpoint and version as another one, by part.
    """

    rounds: tuple[tuple[Run, ...], ...]
    copies: Mapping[Part, Part]


def sort_parts(parts: Iterable[Part]) -> Sorted:
    """Sort the parts of a batch."""
    by_endpoint: dict[str, dict[int, Part]] = {}
    copies: dict[Part, Part] = {}
    for part in parts:
        versions = by_endpoint.setdefault(part.change.endpoint_id.lower(), {})
        first = versions.setdefault(part.change.version, part)
        if first is not part:
            copies[part] = first
    rounds: list[list[Run]] = []
    for versions in by_endpoint.values():
        for number, run in enumerate(_runs(versions)):
            if number == len(rounds):
                rounds.append([])
            rounds[number].append(run)
    return Sorted(tuple(map(tuple, rounds)), copies)


def _runs(versions: Mapping[int, Part]) -> list[Run]:
    runs: list[list[Part]] = []
    for version in sorted(versions):
        part = versions[version]
        if runs and together([each.change for each in runs[-1]], part.change):
            runs[-1].append(part)
        else:
            runs.append([part])
    return [Run(tuple(run)) for run in runs]
