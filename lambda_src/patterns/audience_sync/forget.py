"""Erasure of a person from what is known of the versions of endpoints and users."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patterns.audience_sync.state import state_keys
from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from patterns.forget.tables import delete_items
from pinpoint_runtime.clients import client


@dataclass(frozen=True)
class StatesStore:
    """The table. A change that is still on its way makes the endpoint anew: erase the person again then.

    Attributes:
        dynamodb: A boto3 client.
        table_name: The table.
    """

    dynamodb: Any
    table_name: str

    def sweep(self, person: Person, after: Place | None) -> Swept:
        """All of the person's items, whose keys follow from the ids."""
        del after
        keys = state_keys(sorted(person.endpoint_ids), [person.user_id] if person.user_id else [])
        return Swept(delete_items(self.dynamodb, self.table_name, ({"pk": {"S": key}} for key in keys)))


def store(told: Mapping[str, Any]) -> StatesStore:
    """The table that a description names."""
    return StatesStore(client("dynamodb"), told["place"])
