"""The mail that the embedded AWS kept instead of sending it."""

import json
import re
import urllib.request
from collections import Counter
from typing import Any

from embedded.demo.ledger import Cell

_GREETING = re.compile(r"Hello [^{},]+, 20 % off your (basic|gold) plan\.")


def kept_mail(endpoint: str) -> list[dict[str, Any]]:
    """Every message that was handed to SES.

    Args:
        endpoint: The address of the embedded AWS.
    """
    with urllib.request.urlopen(f"{endpoint}/_ministack/ses/messages", timeout=30) as answer:
        accounts: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
    return [message for messages in accounts.values() for message in messages]


def mail_counts(messages: list[dict[str, Any]]) -> Counter[Cell]:
    """How many messages there are, and how many were rendered for their reader."""
    counts: Counter[Cell] = Counter()
    for message in messages:
        counts[Cell("Mail kept", "messages")] += 1
        counts[Cell("Mail kept", "greeting somebody by name")] += bool(
            _GREETING.search(message.get("BodyText") or "")
        )
    return counts
