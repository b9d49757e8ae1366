"""A system of record's webhook: what changes of preferences are posted to."""

from collections.abc import Mapping
from typing import Final

from embedded.vendors.intake import Contract, Refused

_MEMBERS: Final = ("type", "timestamp", "change_id", "application_id", "source", "endpoints")


def _recipient(change: Mapping[str, object]) -> str:
    missing = [name for name in _MEMBERS if not change.get(name)]
    if missing:
        raise Refused(f"{missing[0]}_is_missing")
    user_id = change.get("user_id")
    if not isinstance(user_id, str) or not user_id:
        raise Refused("user_id_is_missing")
    return user_id


CONTRACT: Final = Contract("/v1/callbacks", _recipient, "webhook-id")
"""A repeated `webhook-id` is the same change, as Standard Webhooks has it."""
