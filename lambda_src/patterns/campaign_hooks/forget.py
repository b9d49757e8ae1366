"""Erasure of a person from the places that a frequency cap counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patterns.campaign_hooks.places import user_key
from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from patterns.forget.tables import delete_items
from pinpoint_runtime.clients import client


@dataclass(frozen=True)
class PlacesStore:
    """The table: an item of the user, and one of each endpoint that was sent to without a user.

    Attributes:
        dynamodb: A boto3 client.
        table_name: The table.
        application_id: The project.
    """

    dynamodb: Any
    table_name: str
    application_id: str

    def sweep(self, person: Person, after: Place | None) -> Swept:
        """All of the person's items, whose keys follow from the ids."""
        del after
        keys = [user_key(self.application_id, "", each) for each in sorted(person.endpoint_ids)]
        if person.user_id:
            keys.append(user_key(self.application_id, person.user_id, ""))
        return Swept(delete_items(self.dynamodb, self.table_name, ({"pk": {"S": key}} for key in keys)))


def store(told: Mapping[str, Any]) -> PlacesStore:
    """The table that a description names."""
    return PlacesStore(client("dynamodb"), told["place"], told["application_id"])
