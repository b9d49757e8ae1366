"""A change of one endpoint, and how several changes of it become one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from typing import Any, Final

from pinpoint_runtime.endpoint_rules import InvalidEndpoint, check_complete, check_size

_MAPS: Final = ("Attributes", "Metrics", "Demographic", "Location")


class Kind(StrEnum):
    """What a change does: make or change the endpoint, or delete it."""

    UPSERT = "upsert"
    DELETE = "delete"


@dataclass(frozen=True)
class Change:
    """What another system says of one endpoint.

    Attributes:
        kind: What is done.
        endpoint_id: Case does not count.
        version: Of two changes the one with the larger number is the newer.
        definition: The members that are said, nested as in the API, without `Id`; empty for a deletion.
        by_api: Whether it must not travel in a file: it did, and came back.
    """

    kind: Kind
    endpoint_id: str
    version: int
    definition: Mapping[str, Any] = field(default_factory=dict[str, Any])
    by_api: bool = False

    @property
    def user_id(self) -> str | None:
        """The user that it names."""
        user_id: str | None = self.definition.get("User", {}).get("UserId")
        return user_id

    @property
    def complete(self) -> bool:
        """Whether an endpoint can be made of it: it says address, channel and opt-out."""
        return missing_for_a_new_endpoint(self.definition) is None

    def message(self) -> str:
        """A message that says this change alone."""
        body: dict[str, Any] = {
            "kind": "delete" if self.kind is Kind.DELETE else "update",
            "version": self.version,
            "endpoints": [{"Id": self.endpoint_id, **self.definition}],
        }
        if self.by_api:
            body["by_api"] = True
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def missing_for_a_new_endpoint(definition: Mapping[str, Any]) -> str | None:
    """Why no endpoint can be made of a definition, None if one can."""
    try:
        check_complete(definition, opt_out=True)
    except InvalidEndpoint as invalid:
        return str(invalid)
    return None


def together(older: Sequence[Change], newer: Change) -> bool:
    """Whether a change can travel in one piece with those before it.

    A deletion cannot, nor can another user: whether the former one's attributes stay is the service's to say.
    """
    if newer.kind is Kind.DELETE or older[-1].kind is Kind.DELETE:
        return False
    users = {change.user_id for change in (*older, newer)} - {None}
    if len(users) > 1:
        return False
    try:
        check_size(composed([*older, newer]))
    except InvalidEndpoint:
        return False
    return True


def composed(changes: Sequence[Change]) -> dict[str, Any]:
    """What comes to the same as changes one by one: what a later one does not say stays as it was."""
    return reduce(_laid_over, (change.definition for change in changes), {})


def _laid_over(older: dict[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**older, **newer}
    for member in _MAPS:
        if member in older and member in newer:
            merged[member] = {**older[member], **newer[member]}
    if "User" in older and "User" in newer:
        user = {**older["User"], **newer["User"]}
        attributes = [each["User"].get("UserAttributes", {}) for each in (older, newer)]
        if any(attributes):
            user["UserAttributes"] = {**attributes[0], **attributes[1]}
        merged["User"] = user
    return merged
