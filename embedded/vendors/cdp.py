"""A customer data platform's callback: what engagement events are posted to."""

from collections.abc import Mapping
from typing import Final

from embedded.vendors.intake import Contract, Refused


def _recipient(event: Mapping[str, object]) -> str:
    missing = [name for name in ("type", "timestamp", "message_id") if not event.get(name)]
    if missing:
        raise Refused(f"{missing[0]}_is_missing")
    address = event.get("address")
    if not isinstance(address, str) or not address:
        raise Refused("address_is_missing")
    return address


CONTRACT: Final = Contract("/v1/callbacks", _recipient, "webhook-id")
"""A repeated `webhook-id` is the same event, as Standard Webhooks has it."""
