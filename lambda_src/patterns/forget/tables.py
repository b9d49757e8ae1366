"""Tables whose items say in plain whom they are about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer

from patterns.forget.person import Person
from patterns.forget.stores import Place, Swept
from pinpoint_runtime.clients import client

_PAGE: Final = 1_000


@dataclass(frozen=True)
class TableStore:
    """A table, whose items that name the person are deleted.

    Attributes:
        client: A boto3 DynamoDB client.
        name: The table.
        keys: The attributes of its primary key.
        prefix: How the first of them begins where items may be deleted; empty for all.
    """

    client: Any
    name: str
    keys: tuple[str, ...]
    prefix: str = ""

    def sweep(self, person: Person, after: Place | None) -> Swept:
        start = {"ExclusiveStartKey": after} if after else {}
        page = self.client.scan(
            TableName=self.name, Limit=_PAGE, ConsistentRead=True, **self._filter(), **start
        )
        read = TypeDeserializer()
        named = [
            item
            for item in page["Items"]
            if person.named_in({name: read.deserialize(value) for name, value in item.items()})
        ]
        keys = [{key: item[key] for key in self.keys} for item in named]
        return Swept(delete_items(self.client, self.name, keys), page.get("LastEvaluatedKey"))

    def _filter(self) -> dict[str, Any]:
        if not self.prefix:
            return {}
        return {
            "FilterExpression": "begins_with(#key, :prefix)",
            "ExpressionAttributeNames": {"#key": self.keys[0]},
            "ExpressionAttributeValues": {":prefix": {"S": self.prefix}},
        }


def delete_items(dynamodb: Any, table_name: str, keys: Iterable[Mapping[str, Any]]) -> int:
    """Delete items by key; gives how many there were."""
    answers = [
        dynamodb.delete_item(TableName=table_name, Key=dict(key), ReturnValues="ALL_OLD") for key in keys
    ]
    return sum("Attributes" in answer for answer in answers)


def store(told: Mapping[str, Any]) -> TableStore:
    """The table that a description names."""
    keys = tuple(told["keys"].split(","))
    return TableStore(client("dynamodb"), told["place"], keys, told.get("prefix", ""))
