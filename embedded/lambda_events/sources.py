"""Where a stream mapping reads: the shards of a Kinesis stream, or a DynamoDB table's stream."""

import hashlib
from bisect import bisect_right
from typing import Any, Protocol

from embedded.lambda_events.batches import Record
from embedded.lambda_events.mapping import Mapping
from embedded.ministack_names import find

_KINESIS = "ministack.services.kinesis"
_DYNAMODB = "ministack.services.dynamodb"
_START = ""


class Source(Protocol):
    """A stream as a mapping sees it. Checkpoints are ordered as text; "" is the oldest record."""

    def shards(self) -> dict[str, tuple[str, ...]]:
        """The shards there are, each with the parents that must be read first."""
        ...

    def start(self, shard: str) -> str:
        """The checkpoint of the mapping's starting position."""
        ...

    def read(self, shard: str, after: str, limit: int, lane: int) -> list[Record]:
        """The oldest records after a checkpoint that belong to one of the mapping's lanes."""
        ...


class KinesisSource:
    """The shards of a Kinesis stream."""

    def __init__(self, mapping: Mapping, stream: dict[str, Any]) -> None:
        self._mapping = mapping
        self._stream = stream

    def shards(self) -> dict[str, tuple[str, ...]]:
        return {
            shard_id: tuple(
                parent
                for parent in (shard.get("parent_shard_id"), shard.get("adjacent_parent_shard_id"))
                if parent in self._stream["shards"]
            )
            for shard_id, shard in list(self._stream["shards"].items())
        }

    def start(self, shard: str) -> str:
        records = self._stream["shards"][shard]["records"]
        position = self._mapping.record.get("StartingPosition", "LATEST")
        if position == "TRIM_HORIZON":
            return _START
        if position == "AT_TIMESTAMP":
            wanted = float(self._mapping.record.get("StartingPositionTimestamp") or 0)
            earlier = [r for r in records if float(r["ApproximateArrivalTimestamp"]) < wanted]
            return str(earlier[-1]["SequenceNumber"]) if earlier else _START
        return str(records[-1]["SequenceNumber"]) if records else _START

    def read(self, shard: str, after: str, limit: int, lane: int) -> list[Record]:
        # Retention replaces the list, so a position in it would not hold; sequence numbers do.
        stored = self._stream["shards"][shard]["records"]
        first = bisect_right(stored, after, key=_sequence)
        found: list[Record] = []
        for record in stored[first:]:
            if len(found) == limit:
                break
            if self._mapping.lanes == 1 or _lane(record["PartitionKey"], self._mapping.lanes) == lane:
                found.append(self._record(shard, record))
        return found

    def _record(self, shard: str, stored: dict[str, Any]) -> Record:
        sequence = _sequence(stored)
        arrived = float(stored["ApproximateArrivalTimestamp"])
        event = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": stored["PartitionKey"],
                "sequenceNumber": sequence,
                "data": find(f"{_KINESIS}._ensure_base64")(stored["Data"]),
                "approximateArrivalTimestamp": arrived,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self._mapping.role,
            "awsRegion": self._mapping.region,
            "eventSourceARN": self._mapping.source,
        }
        return Record(sequence, sequence, arrived, event)


class TableStreamSource:
    """A DynamoDB table's stream, which ministack keeps as one shard."""

    SHARD = "shardId-00000000000000000000-00000000"

    def __init__(self, mapping: Mapping, table: str) -> None:
        self._mapping = mapping
        self._table = table

    def shards(self) -> dict[str, tuple[str, ...]]:
        return {self.SHARD: ()}

    def start(self, shard: str) -> str:  # noqa: ARG002  (the one there is)
        if self._mapping.record.get("StartingPosition") == "TRIM_HORIZON":
            return _position(find(f"{_DYNAMODB}.stream_start_position")(self._table))
        return _position(find(f"{_DYNAMODB}.stream_end_position")(self._table))

    def read(self, shard: str, after: str, limit: int, lane: int) -> list[Record]:  # noqa: ARG002
        lanes = self._mapping.lanes
        position = max(int(after or 0), find(f"{_DYNAMODB}.stream_start_position")(self._table))
        stored = find(f"{_DYNAMODB}.stream_records_since")(self._table, position, limit * lanes)
        found = [
            Record(
                sequence=str(event["dynamodb"]["SequenceNumber"]),
                checkpoint=_position(position + index + 1),
                arrived=float(event["dynamodb"].get("ApproximateCreationDateTime", 0)),
                event=event,
            )
            for index, event in enumerate(stored)
            if lanes == 1 or _lane(repr(event["dynamodb"].get("Keys")), lanes) == lane
        ]
        return found[:limit]


def source_of(mapping: Mapping) -> Source | None:
    """The mapping's stream, or None while there is none to read. Call it in the mapping's scope."""
    _, _, service, region, account, resource = mapping.source.split(":", 5)
    if service == "kinesis":
        # A stream's consumer reads the stream that it is registered with.
        name = resource.split("/")[1]
        stream = find(f"{_KINESIS}._streams").get_scoped(account, region, name)
        return KinesisSource(mapping, stream) if stream and stream["StreamStatus"] == "ACTIVE" else None
    if service == "dynamodb" and "/stream/" in resource:
        name = resource.split("/")[1]
        table = find(f"{_DYNAMODB}._tables").get(name)
        return (
            TableStreamSource(mapping, name)
            if table and table.get("LatestStreamArn") == mapping.source
            else None
        )
    return None


def _sequence(record: dict[str, Any]) -> str:
    return str(record["SequenceNumber"])


def _position(number: int) -> str:
    return f"{number:020d}"


def _lane(key: str, lanes: int) -> int:
    return hashlib.md5(key.encode(), usedforsecurity=False).digest()[0] % lanes
