"""The versions of segments and campaigns: every one is kept as it was written."""

from collections.abc import Mapping
from typing import Any

from engine.context import Context
from engine.errors import NotFound
from engine.operations.documents import page, public, segment_version_key
from engine.store import Document, Put


def version_write(document: Document) -> Put:
    """The write that keeps this version of a segment or a campaign."""
    key = segment_version_key(document["ApplicationId"], document["Id"], document["Version"])
    return Put(key, document)


def get_version(context: Context, application_id: str, resource_id: str, version: str) -> dict[str, Any]:
    """One version.

    Raises:
        NotFound: There is none of this number.
    """
    item = None
    if version.isascii() and version.isdecimal() and len(version) <= 10:
        item = context.store.get(segment_version_key(application_id, resource_id, int(version)))
    if item is None:
        raise NotFound(f"there is no version {version[:20]!r}")
    return public(item)


def get_versions(
    context: Context, application_id: str, resource_id: str, request: Mapping[str, Any]
) -> dict[str, Any]:
    """A page of versions, the first written first."""
    return page(context, f"VERSIONS#{application_id}#{resource_id}", request)
