"""A segment as a tree that is fixed when a campaign starts, and whether an endpoint belongs to it.

The tree is plain JSON, so that it can be kept with the activity: `{"dimensions": SegmentDimensions}`,
`{"imported": [segment id, job id]}`, or `{"all" | "any" | "none": [trees]}`. An empty list of parts
takes everybody.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from engine.audience.dimensions import fits
from engine.context import Context
from engine.operations.documents import segment_key, segment_version_key
from engine.store import Document, Item, member_key

Tree: TypeAlias = dict[str, Any]

# https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html#quotas-segments
_MAX_DEPTH: Final = 5


class UnusableSegment(Exception):
    """The segment, or one it is made of, cannot be sent to."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class ImportedSource:
    """The members that one import job gave a segment."""

    segment_id: str
    job_id: str


def segment_tree(context: Context, application_id: str, segment_id: str, version: int | None) -> Tree:
    """The tree of a segment as it is now.

    Raises:
        UnusableSegment: It does not exist, or its import has not completed.
    """

    def load(segment_id: str, version: int | None) -> Item | None:
        if version is None:
            return context.store.get(segment_key(application_id, segment_id))
        return context.store.get(segment_version_key(application_id, segment_id, version))

    return _tree(load, segment_id, version, 0)


def imported_sources(tree: Tree) -> Iterator[ImportedSource]:
    """All imported segments that a tree asks about."""
    for kind, parts in tree.items():
        if kind == "imported":
            yield ImportedSource(*parts)
        elif kind != "dimensions":
            for part in parts:
                yield from imported_sources(part)


def walked_source(tree: Tree) -> ImportedSource | None:
    """An imported segment to which every member belongs, so that only its members need be walked."""
    for kind, parts in tree.items():
        if kind == "imported":
            return ImportedSource(*parts)
        if kind == "all" or (kind == "any" and len(parts) == 1):
            return next((found for part in parts if (found := walked_source(part))), None)
    return None


def belongs(tree: Tree, endpoint: Document, member_of: Collection[ImportedSource]) -> bool:
    """Whether an endpoint belongs to the segment.

    Args:
        tree: The segment.
        endpoint: The endpoint's document.
        member_of: The imported segments of the tree that the endpoint is a member of.
    """
    ((kind, parts),) = tree.items()
    if kind == "dimensions":
        return fits(parts, endpoint)
    if kind == "imported":
        return ImportedSource(*parts) in member_of
    answers = (belongs(part, endpoint, member_of) for part in parts)
    if kind == "all" or not parts:
        return all(answers)
    return any(answers) == (kind == "any")


def memberships(
    context: Context, application_id: str, sources: Collection[ImportedSource], names: Collection[str]
) -> dict[str, set[ImportedSource]]:
    """Which of some imported segments each endpoint is a member of.

    Args:
        context: The table.
        application_id: The project.
        sources: The imported segments to look into.
        names: Lower-cased endpoint ids.
    """
    members = {name: set[ImportedSource]() for name in names}
    for source in sources:
        keys = {member_key(application_id, source.segment_id, name): name for name in names}
        for key, item in context.store.get_many(keys).items():
            if item.doc.get("Job") == source.job_id:
                members[keys[key]].add(source)
    return members


def _tree(
    load: Callable[[str, int | None], Item | None], segment_id: str, version: int | None, depth: int
) -> Tree:
    if depth > _MAX_DEPTH:
        raise UnusableSegment(f"segments are made of segments more than {_MAX_DEPTH} deep")
    item = load(segment_id, version)
    if item is None:
        raise UnusableSegment(f"there is no segment {segment_id}")
    segment = item.doc
    status = segment.get("_", {}).get("Status", "READY")
    if status != "READY":
        raise UnusableSegment(f"the import of segment {segment_id} has not completed: it is {status}")
    if segment["SegmentType"] == "IMPORT":
        return {"imported": [segment_id, segment["_"]["JobId"]]}
    groups: Mapping[str, Any] | None = segment.get("SegmentGroups")
    if not groups:
        return {"dimensions": segment.get("Dimensions") or {}}

    def source(reference: Mapping[str, Any]) -> Tree:
        return _tree(load, reference["Id"], reference.get("Version"), depth + 1)

    return _combined(groups.get("Include"), [_group(group, source) for group in groups.get("Groups", ())])


def _group(group: Mapping[str, Any], source: Callable[[Mapping[str, Any]], Tree]) -> Tree:
    dimensions: list[Tree] = [{"dimensions": dimension} for dimension in group.get("Dimensions") or ()]
    sources = [source(reference) for reference in group.get("SourceSegments") or ()]
    return {"all": [_combined(group.get("SourceType"), sources), _combined(group.get("Type"), dimensions)]}


def _combined(kind: str | None, parts: Sequence[Tree]) -> Tree:
    return {(kind or "ALL").lower(): list(parts)} if parts else {"all": []}
