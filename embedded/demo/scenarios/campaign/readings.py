"""What the stream and the mail say of the campaigns."""

import re
from collections import Counter
from typing import Any

from embedded.demo.ledger import Cell
from embedded.demo.stream import subject

_GREETING = re.compile(r"Hello [^{},]+, 20 % off your (basic|gold) plan\.")


def ends(records: list[dict[str, Any]]) -> Counter[Cell]:
    """How each campaign's messages ended."""
    told = {(_end(record["event_type"], record.get("attributes", {})), subject(record)) for record in records}
    return Counter(cell for cell, _ in told if cell)


_ENDS = {
    ("isv_channel.delivery", "DELIVERED"): "delivered",
    ("isv_channel.delivery", "UNKNOWN"): "unknown",
}


def _end(event_type: str, attributes: dict[str, str]) -> Cell | None:
    status = attributes.get("status", "")
    if (event_type, status) in _ENDS:
        return Cell("Webhook campaign", _ENDS[event_type, status])
    if (event_type, status) == ("isv_channel.delivery", "FAILED"):
        return Cell("Webhook campaign", f"failed: {attributes.get('reason', 'without a reason')}")
    if event_type == "_email.delivered":
        return Cell("E-mail campaign", "delivered")
    if event_type == "_email.hardbounce":
        return Cell("E-mail campaign", "failed: hard bounce")
    return None


def mail_counts(messages: list[dict[str, Any]]) -> Counter[Cell]:
    """How many messages there are, and how many were rendered for their reader."""
    counts: Counter[Cell] = Counter()
    for message in messages:
        counts[Cell("Mail kept", "messages")] += 1
        counts[Cell("Mail kept", "greeting somebody by name")] += bool(
            _GREETING.search(message.get("BodyText") or "")
        )
    return counts
