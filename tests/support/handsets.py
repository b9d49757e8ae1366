"""What the handsets of an embedded AWS received."""

import json
import urllib.parse
import urllib.request
from typing import Any, Final

CALLED: Final = "+12065550142"
"""A handset that may be called: it is on the allow list, since AWS's simulated numbers take no calls."""


def texts_of(endpoint: str, message_id: str) -> list[dict[str, Any]]:
    """The text messages of one id, which are one or none.

    Args:
        endpoint: The embedded AWS.
        message_id: As the sender was told.
    """
    return messages(endpoint, message_id=message_id)


def change_number(endpoint: str, number: str, *, rate: float) -> None:
    """Change how many message parts a second a number sends, as AWS's support does on request."""
    request = urllib.request.Request(
        f"{endpoint}/_ministack/sms-voice/numbers",
        json.dumps({"number": number, "rate": rate}).encode(),
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


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
