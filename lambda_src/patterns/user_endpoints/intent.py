"""A change that was begun: written down before its first step, so that whoever comes next can finish it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from patterns.user_endpoints.updates import EndpointUpdate


@dataclass(frozen=True)
class Intent:
    """One change, and how far it has come.

    Attributes:
        change_id: Names it in events and in the callback.
        at: When it was asked for, epoch seconds.
        user_id: Whose endpoints.
        source: How it came: `api`, `link` or `one_click`.
        fingerprint: Of what was asked for.
        key: The idempotency key's hash, if there was a key.
        pending: Updates that are still to be made.
        done: Updates that were made, and their events sent.
        refused: Updates that never will be, each with the reason.
    """

    change_id: str
    at: float
    user_id: str
    source: str
    fingerprint: str
    key: str | None
    pending: tuple[EndpointUpdate, ...]
    done: tuple[EndpointUpdate, ...] = ()
    refused: tuple[tuple[EndpointUpdate, str], ...] = ()

    @property
    def answer(self) -> dict[str, Any]:
        """What the caller gets when nothing is pending."""
        return {
            "change_id": self.change_id,
            "changed": [told(update) for update in self.done],
            "refused": [
                {"endpoint_id": update.endpoint_id, "reason": reason} for update, reason in self.refused
            ],
        }

    def to_json(self) -> str:
        """As the store keeps it."""
        fields = {**vars(self)}
        fields["pending"] = [update.to_dict() for update in self.pending]
        fields["done"] = [update.to_dict() for update in self.done]
        fields["refused"] = [(update.to_dict(), reason) for update, reason in self.refused]
        return json.dumps(fields)


def intent_from_json(text: str) -> Intent:
    """What `Intent.to_json` wrote."""
    fields: dict[str, Any] = json.loads(text)
    fields["pending"] = _updates(fields["pending"])
    fields["done"] = _updates(fields["done"])
    fields["refused"] = tuple((EndpointUpdate(**update), reason) for update, reason in fields["refused"])
    return Intent(**fields)


def told(update: EndpointUpdate) -> dict[str, Any]:
    """What a caller and the system of record are told of an endpoint: what changed, and no address."""
    said: dict[str, Any] = {
        "endpoint_id": update.endpoint_id,
        "channel_type": update.channel_type,
        "preferences": {name: list(values) for name, values in update.preferences.items()},
    }
    return {**said, "opt_out": update.opt_out} if update.opt_out else said


def _updates(sent: Sequence[dict[str, Any]]) -> tuple[EndpointUpdate, ...]:
    return tuple(EndpointUpdate(**update) for update in sent)
