"""Erasure of a person from the offers that were given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.offer.assignments import Assignments
from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from pinpoint_runtime.clients import client


@dataclass(frozen=True)
class OffersStore:
    """The table: what the user was given, and each endpoint that had no user.

    Attributes:
        assignments: The table.
        application_id: The project.
    """

    assignments: Assignments
    application_id: str

    def sweep(self, person: Person, after: Place | None) -> Swept:
        """All of the person's items, whose keys follow from the ids."""
        del after
        holders = [("", endpoint_id) for endpoint_id in sorted(person.endpoint_ids)]
        if person.user_id:
            holders.append((person.user_id, ""))
        return Swept(sum(self.assignments.forget(self.application_id, *each) for each in holders))


def store(told: Mapping[str, Any]) -> OffersStore:
    """The table that a description names."""
    return OffersStore(Assignments(client("dynamodb"), told["place"], keep=0), told["application_id"])
