"""Erasure of a person from what this pattern keeps: answers, an open change, and whom links are for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from patterns.forget.tables import delete_items
from patterns.user_endpoints.link_keys import CURRENT, PREVIOUS, LinkKeys
from patterns.user_endpoints.links import subject_of
from patterns.user_endpoints.store import Store
from pinpoint_runtime.clients import client


@dataclass(frozen=True)
class ChangesStore:
    """The table. The person's links answer 410 from then on.

    Attributes:
        dynamodb: A boto3 client.
        secretsmanager: A boto3 client.
        table_name: The construct's `table`.
        link_secret_id: The construct's `link_secret`.
        application_id: The project.
    """

    dynamodb: Any
    secretsmanager: Any
    table_name: str
    link_secret_id: str
    application_id: str

    def sweep(self, person: Person, after: Place | None) -> Swept:
        """All of the user's items, whose keys follow from the id."""
        del after
        if not person.user_id:
            return Swept(0)
        keys = LinkKeys(self.secretsmanager, self.link_secret_id, (CURRENT, PREVIOUS)).all()
        subjects = [subject_of(key, self.application_id, person.user_id) for key in keys]
        items = Store(self.dynamodb, self.table_name, self.application_id).keys_of(person.user_id, subjects)
        return Swept(delete_items(self.dynamodb, self.table_name, items))


def store(told: Mapping[str, Any]) -> ChangesStore:
    """The table that a description names."""
    return ChangesStore(
        client("dynamodb"),
        client("secretsmanager"),
        told["place"],
        told["link_secret_id"],
        told["application_id"],
    )
