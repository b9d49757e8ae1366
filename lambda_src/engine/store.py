"""The engine's table: key design, documents, optimistic locks and transactions.

One table, partition key `pk`, sort key `sk`; no index. An item is a JSON document in `doc`, a
version in `v` that every write raises, plain numbers beside them where several writers count,
and `ttl` (epoch seconds) where the item may be forgotten.

=====================================  ================================  ==========================
pk                                     sk                                what
=====================================  ================================  ==========================
`APPS`                                 application id                    the list of applications
`APP#a`                                `META` `SETTINGS` `EVENTSTREAM`   one each per application
`APP#a`                                `CHANNEL#type`                    channel settings
`IMPORTS#a`, `SEGMENTS#a`              job id, segment id                heads, listed per application
`CAMPAIGNS#a`                          campaign id
`VERSIONS#a#segment id`                `0000000001`                      old versions
`ACTIVITIES#a#campaign id`             activity id                       runs of a campaign
`TEMPLATES`, `TEMPLATE#type#name`      `type#name`, version              message templates
`EP#a#shard`                           lower-cased endpoint id           endpoints, 256 shards
`ADDRESS#a#sha256`                     `OWNER`                           the active endpoint there
`USER#a#user id`                       `LIST`                            at most 15 endpoints
`MEMBERS#a#segment#shard`              lower-cased endpoint id           imported segments
`PIECES#run`                           piece, `batch#...`                work of one job or activity
`LEDGER#run#hh`                        channel and address hash          one send each
`EVENTS#campaign#hh`                   event digest                      one event that set it off
`DAY#a#shard`, `TOTAL#campaign#shard`  lower-cased endpoint id           messages counted for limits
`OTP#a#hh`                             digest of reference and number    a one-time password
`GRANT#function name`                  grant id                          who may name a function
=====================================  ================================  ==========================
"""

import hashlib
import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

SHARDS: Final = 256
MAX_TRANSACTION_ITEMS: Final = 100
_BATCH_GET: Final = 100
_BATCH_WRITE: Final = 25

Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """Where an item is."""

    pk: str
    sk: str

    def wire(self) -> dict[str, Any]:
        return {"pk": {"S": self.pk}, "sk": {"S": self.sk}}


@dataclass(frozen=True)
class Item:
    """An item as read: its document, the version it had, and its counters."""

    key: Key
    doc: Document
    version: int
    counters: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Put:
    """Write a document. `expected` is the version it must still have: 0 means that it must not exist."""

    key: Key
    doc: Document
    expected: int | None = None
    counters: Mapping[str, int] = field(default_factory=dict[str, int])
    ttl: int | None = None


@dataclass(frozen=True)
class Edit:
    """Replace the document of an item that has the `expected` version, and leave its counters standing.

    Where several writers count on an item, a `Put` would undo what they counted since it was read.
    """

    key: Key
    doc: Document
    expected: int


@dataclass(frozen=True)
class Delete:
    """Remove an item, if it still has the `expected` version (None: whatever it is)."""

    key: Key
    expected: int | None = None


@dataclass(frozen=True)
class Add:
    """Raise counters of an item that must exist."""

    key: Key
    counters: Mapping[str, int]


@dataclass(frozen=True)
class Expect:
    """The item must have this version (0: must not exist), and is not changed."""

    key: Key
    version: int


Write: TypeAlias = Put | Edit | Delete | Add | Expect


class TransactionLost(Exception):
    """A condition of a transaction did not hold, and nothing was written.

    `lost` holds the indexes of the writes whose condition failed, `existing` the items found there.
    """

    def __init__(self, lost: tuple[int, ...], existing: Mapping[int, Item]) -> None:
        super().__init__(f"{len(lost)} conditions of the transaction did not hold")
        self.lost = lost
        self.existing = existing


def shard_of(identifier: str) -> int:
    """The shard of an endpoint id: the ids are case-insensitive, so the lower-cased one counts."""
    return hashlib.sha256(identifier.lower().encode()).digest()[0]


def endpoint_key(application_id: str, endpoint_id: str) -> Key:
    return Key(f"EP#{application_id}#{shard_of(endpoint_id):03d}", endpoint_id.lower())


def member_key(application_id: str, segment_id: str, endpoint_id: str) -> Key:
    return Key(f"MEMBERS#{application_id}#{segment_id}#{shard_of(endpoint_id):03d}", endpoint_id.lower())


def address_hash(channel_type: str, address: str) -> str:
    """A digest under which an address is known to tables and tags, so that neither shows it."""
    return hashlib.sha256(f"{channel_type}\n{address.strip()}".encode()).hexdigest()


def address_key(application_id: str, channel_type: str, address: str) -> Key:
    return Key(f"ADDRESS#{application_id}#{address_hash(channel_type, address)}", "OWNER")


def user_key(application_id: str, user_id: str) -> Key:
    return Key(f"USER#{application_id}#{user_id}", "LIST")


def ledger_key(run: str, channel_type: str, address: str) -> Key:
    return ledger_entry_key(run, f"{channel_type}#{address_hash(channel_type, address)}")


def ledger_entry_key(run: str, name: str) -> Key:
    """The ledger's entry of a name that `ledger_key` gave: a channel and an address's digest."""
    return Key(f"LEDGER#{run}#{name.rpartition('#')[2][:2]}", name)


class Store:
    """The table, through a low-level DynamoDB client.

    Args:
        client: A boto3 DynamoDB client.
        table_name: The table.
    """

    def __init__(self, client: Any, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def get(self, key: Key) -> Item | None:
        """One item, read consistently."""
        answer = self._client.get_item(TableName=self._table, Key=key.wire(), ConsistentRead=True)
        return _item(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """The items that exist among `keys`, read consistently, 100 a call."""
        wanted = list(dict.fromkeys(keys))
        found: dict[Key, Item] = {}
        for start in range(0, len(wanted), _BATCH_GET):
            pending = [key.wire() for key in wanted[start : start + _BATCH_GET]]
            for wait in _backoff():
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": pending, "ConsistentRead": True}}
                )
                for raw in answer["Responses"].get(self._table, ()):
                    item = _item(raw)
                    found[item.key] = item
                pending = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
                if not pending:
                    break
                time.sleep(wait)
        return found

    def put(self, write: Put) -> None:
        """Write one document.

        Raises:
            TransactionLost: The item no longer has the expected version.
        """
        try:
            self._client.put_item(TableName=self._table, **_put(write))
        except self._client.exceptions.ConditionalCheckFailedException as failure:
            raise TransactionLost((0,), {}) from failure

    def delete(self, key: Key) -> None:
        """Remove one item, whether or not it exists."""
        self._client.delete_item(TableName=self._table, Key=key.wire())

    def add(self, key: Key, counters: Mapping[str, int]) -> Mapping[str, int]:
        """Raise counters of one item, which is created if need be; gives their new values."""
        answer = self._client.update_item(
            TableName=self._table, Key=key.wire(), ReturnValues="UPDATED_NEW", **_add(counters)
        )
        return {name: int(value["N"]) for name, value in answer["Attributes"].items()}

    def write(self, writes: Sequence[Write]) -> None:
        """All or nothing of at most 100 writes.

        Raises:
            TransactionLost: A condition did not hold.
        """
        if not writes:
            return
        for wait in _backoff():
            try:
                self._client.transact_write_items(TransactItems=[self._transact(write) for write in writes])
                return
            except self._client.exceptions.TransactionCanceledException as failure:
                reasons = failure.response.get("CancellationReasons", [])
                lost = tuple(i for i, r in enumerate(reasons) if r.get("Code") == "ConditionalCheckFailed")
                if lost:
                    existing = {i: _item(reasons[i]["Item"]) for i in lost if reasons[i].get("Item")}
                    raise TransactionLost(lost, existing) from failure
                conflict = any(
                    r.get("Code")
                    in ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
                    for r in reasons
                )
                if not conflict:
                    raise
                time.sleep(wait)
        raise TimeoutError("the transaction met conflicts on every attempt")

    def put_all(self, writes: Iterable[Put]) -> None:
        """Write documents without conditions, 25 a call."""
        items = [{"PutRequest": {"Item": _put(write)["Item"]}} for write in writes]
        self._batch_write(items)

    def delete_all(self, keys: Iterable[Key]) -> None:
        """Remove items, 25 a call."""
        self._batch_write([{"DeleteRequest": {"Key": key.wire()}} for key in keys])

    def query(
        self, pk: str, *, prefix: str = "", after: str | None = None, limit: int | None = None
    ) -> Iterator[Item]:
        """The items of a partition in order of sort key, beyond `after`, at most `limit`."""
        values: dict[str, Any] = {":pk": {"S": pk}}
        condition = "pk = :pk"
        if after is not None and not prefix:
            condition, values[":after"] = condition + " AND sk > :after", {"S": after}
        elif prefix:
            condition, values[":prefix"] = condition + " AND begins_with(sk, :prefix)", {"S": prefix}
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }
        if after is not None and prefix:
            request["ExclusiveStartKey"] = Key(pk, after).wire()
        given = 0
        while True:
            if limit is not None:
                request["Limit"] = limit - given
            answer = self._client.query(**request)
            for raw in answer["Items"]:
                yield _item(raw)
                given += 1
            if "LastEvaluatedKey" not in answer or (limit is not None and given >= limit):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def count(self, pk: str) -> int:
        """How many items a partition holds."""
        total = 0
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "Select": "COUNT",
        }
        while True:
            answer = self._client.query(**request)
            total += int(answer["Count"])
            if "LastEvaluatedKey" not in answer:
                return total
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _batch_write(self, items: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(items), _BATCH_WRITE):
            pending: Sequence[dict[str, Any]] = items[start : start + _BATCH_WRITE]
            for wait in _backoff():
                answer = self._client.batch_write_item(RequestItems={self._table: pending})
                pending = answer.get("UnprocessedItems", {}).get(self._table, [])
                if not pending:
                    break
                time.sleep(wait)
            else:
                raise TimeoutError("the table left items unprocessed on every attempt")

    def _transact(self, write: Write) -> dict[str, Any]:
        match write:
            case Put():
                action = {"Put": _put(write)}
            case Edit():
                action = {"Update": {"Key": write.key.wire(), **_edit(write)}}
            case Delete():
                action = {"Delete": {"Key": write.key.wire(), **_condition(write.expected)}}
            case Add():
                action = {"Update": {"Key": write.key.wire(), **_add(write.counters), **_must_exist()}}
            case Expect():
                action = {"ConditionCheck": {"Key": write.key.wire(), **_condition(write.version)}}
        for body in action.values():
            body["TableName"] = self._table
            if "ConditionExpression" in body:
                body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return action


def _item(raw: Mapping[str, Any]) -> Item:
    counters = {n: int(v["N"]) for n, v in raw.items() if "N" in v and n not in ("v", "ttl")}
    doc = json.loads(raw["doc"]["S"]) if "doc" in raw else {}
    return Item(Key(raw["pk"]["S"], raw["sk"]["S"]), doc, int(raw.get("v", {"N": "0"})["N"]), counters)


def _put(write: Put) -> dict[str, Any]:
    item = write.key.wire() | {
        "doc": {"S": _document(write.doc)},
        "v": {"N": str((write.expected or 0) + 1)},
    }
    item |= {name: {"N": str(value)} for name, value in write.counters.items()}
    if write.ttl is not None:
        item["ttl"] = {"N": str(write.ttl)}
    return {"Item": item, **_condition(write.expected)}


def _edit(write: Edit) -> dict[str, Any]:
    return {
        "UpdateExpression": "SET doc = :doc, v = :next",
        "ConditionExpression": "v = :v",
        "ExpressionAttributeValues": {
            ":doc": {"S": _document(write.doc)},
            ":v": {"N": str(write.expected)},
            ":next": {"N": str(write.expected + 1)},
        },
    }


def _document(doc: Document) -> str:
    return json.dumps(doc, separators=(",", ":"), ensure_ascii=False)


def _condition(expected: int | None) -> dict[str, Any]:
    if expected is None:
        return {}
    if expected == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"ConditionExpression": "v = :v", "ExpressionAttributeValues": {":v": {"N": str(expected)}}}


def _must_exist() -> dict[str, Any]:
    return {"ConditionExpression": "attribute_exists(pk)"}


def _add(counters: Mapping[str, int]) -> dict[str, Any]:
    names = {f"#{i}": name for i, name in enumerate(counters)}
    return {
        "UpdateExpression": "ADD " + ", ".join(f"#{i} :{i}" for i in range(len(counters))),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {f":{i}": {"N": str(n)} for i, n in enumerate(counters.values())},
    }


def _backoff(attempts: int = 8) -> Iterator[float]:
    for attempt in range(attempts):
        yield min(2.0, 0.02 * 2**attempt) * (0.5 + random.random())
