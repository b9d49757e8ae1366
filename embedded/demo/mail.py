"""The mail that the embedded AWS kept instead of sending it."""

import json
import urllib.request
from typing import Any


def kept_mail(endpoint: str) -> list[dict[str, Any]]:
    """Every message that was handed to SES.

    Args:
        endpoint: The address of the embedded AWS.
    """
    with urllib.request.urlopen(f"{endpoint}/_ministack/ses/messages", timeout=30) as answer:
        accounts: dict[str, list[dict[str, Any]]] = json.load(answer)["messages"]
    return [message for messages in accounts.values() for message in messages]
