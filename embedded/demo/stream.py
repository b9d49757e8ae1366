"""Everything that comes out of a Kinesis stream, from its first record on."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from embedded.demo.ledger import Cell

# Kinesis gives at most this many records a call.
_MOST_RECORDS = 10_000


@dataclass
class StreamReader:
    """Reads on where it stopped before.

    Args:
        kinesis: A boto3 Kinesis client.
        stream_name: The stream.
        records: What was read so far, decoded; a record that is not JSON is `{"event_type": "not JSON"}`.
    """

    kinesis: Any
    stream_name: str
    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _positions: dict[str, str] = field(default_factory=dict[str, str])

    def read(self) -> None:
        """Reads what has come since."""
        for shard in self.kinesis.list_shards(StreamName=self.stream_name)["Shards"]:
            self._read_shard(shard["ShardId"])

    def skip(self) -> None:
        """Passes over what is in the stream already."""
        self.read()
        self.records.clear()

    def _read_shard(self, shard_id: str) -> None:
        iterator: str | None = self._positions.get(shard_id)
        if iterator is None:
            iterator = self.kinesis.get_shard_iterator(
                StreamName=self.stream_name, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
        while iterator:
            answer = self.kinesis.get_records(ShardIterator=iterator, Limit=_MOST_RECORDS)
            self.records += [_decoded(record["Data"]) for record in answer["Records"]]
            iterator = answer.get("NextShardIterator")
            self._positions[shard_id] = iterator or ""
            if not answer["Records"]:
                return


def stream_counts(records: list[dict[str, Any]]) -> Counter[Cell]:
    """The events by type and status.

    A stream tells at least once: records of one type, about one endpoint and one message, are one event.
    """
    events = {(label, subject(record)) for record in records for label in _labels(record)}
    return Counter(Cell("Event stream", label) for label, _ in events)


def _labels(record: dict[str, Any]) -> Iterator[str]:
    attributes = record.get("attributes", {})
    match record["event_type"]:
        case "_campaign.send":
            yield f"_campaign.send {attributes.get('delivery_type')} {attributes.get('campaign_send_status')}"
        case "isv_channel.delivery":
            yield f"isv_channel.delivery {attributes.get('status')}"
        case other:
            yield other


def subject(record: dict[str, Any]) -> tuple[str, ...]:
    """What one event is about: endpoint, run and message. A record told twice has the same."""
    attributes = record.get("attributes", {})
    mail = record.get("facets", {}).get("email_channel", {}).get("mail_event", {}).get("mail", {})
    return (
        record.get("client", {}).get("client_id", ""),
        attributes.get("campaign_activity_id", ""),
        attributes.get("message_key", "") or mail.get("message_id", ""),
    )


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        record = json.loads(data)
        return record if isinstance(record["event_type"], str) else {"event_type": "not an event"}
    except (ValueError, TypeError, KeyError):
        return {"event_type": "not an event"}
