"""What the handsets of an embedded AWS received."""

import json
import urllib.parse
import urllib.request
from typing import Any


def texts_of(endpoint: str, message_id: str) -> list[dict[str, Any]]:
    """The text messages of one id, which are one or none.

    Args:
        endpoint: The embedded AWS.
        message_id: As the sender was told.
    """
    return messages(endpoint, message_id=message_id)


def messages(endpoint: str, **narrowed: str) -> list[dict[str, Any]]:
    """What was sent to handsets, oldest first.

    Args:
        endpoint: The embedded AWS.
        narrowed: By `handset`, `from`, `message_id`, `configuration_set` or `received`.
    """
    query = urllib.parse.urlencode(narrowed)
    with urllib.request.urlopen(f"{endpoint}/_ministack/sms-voice/messages?{query}", timeout=10) as answer:
        shown: list[dict[str, Any]] = json.load(answer)["messages"]
        return shown
