"""The record of a hook's decisions: who was targeted, who was left out, and why. No addresses.

One object of JSON lines a batch, at `audit/<project>/<campaign>/<run>/<batch>.jsonl`; a repeated call
writes the same object again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from patterns.campaign_hooks.batch import Batch, Endpoint
from patterns.campaign_hooks.filters import Decision


@dataclass(frozen=True)
class AuditTrail:
    """Where decisions are recorded.

    Attributes:
        client: A boto3 S3 client.
        bucket: Its bucket.
    """

    client: Any
    bucket: str

    def record(self, batch: Batch, decision: Decision, now: float) -> None:
        """Write a batch's decisions. If it fails the hook fails: nobody is sent to without a record."""
        lines = "".join(json.dumps(line) + "\n" for line in audit_lines(batch, decision, now))
        if lines:
            self.client.put_object(
                Bucket=self.bucket,
                Key=audit_key(batch),
                Body=lines.encode(),
                ContentType="application/x-ndjson",
            )


def audit_key(batch: Batch) -> str:
    """The object of a batch."""
    parts = (batch.application_id, batch.campaign_id, batch.run)
    return "/".join(["audit", *(quote(part or "-", safe="") for part in parts), f"{batch.name}.jsonl"])


def audit_lines(batch: Batch, decision: Decision, now: float) -> Iterator[dict[str, str]]:
    """A line for each endpoint of the batch."""
    common = {
        "at": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
        "application_id": batch.application_id,
        "campaign_id": batch.campaign_id,
        "treatment_id": batch.treatment_id,
        "run": batch.run,
        "scheduled_time": batch.scheduled_time,
    }
    for endpoint in batch.endpoints:
        reason = decision.left_out.get(endpoint.id, "")
        line = {**common, **_person(endpoint), "decision": "left_out" if reason else "kept", "reason": reason}
        note = decision.notes.get(endpoint.id)
        yield {**line, "note": note} if note else line
    for endpoint_id in batch.unreadable:
        reason = decision.left_out[endpoint_id]
        yield {**common, "endpoint_id": endpoint_id, "decision": "left_out", "reason": reason}


def _person(endpoint: Endpoint) -> dict[str, str]:
    return {
        "endpoint_id": endpoint.id,
        "user_id": endpoint.user_id,
        "channel_type": endpoint.channel_type,
    }
