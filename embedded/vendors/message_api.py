"""An ISV's own message API: what the webhook channel posts to."""

from collections.abc import Mapping
from typing import Final

from embedded.vendors.faults import FaultPlan
from embedded.vendors.intake import Contract, Intake, Refused, Sabotage

PATH = "/v1/messages"
UNKNOWN_PREFIX = "gone-"
"""Handles that start so belong to nobody any more; messages to them are refused for good."""


def message_api(faults: FaultPlan, sabotage: Sabotage = Sabotage.NONE) -> Intake:
    """The API, not yet open: it opens when it is given the signing secret."""
    return Intake(CONTRACT, faults, sabotage=sabotage)


def _recipient(message: Mapping[str, object]) -> str:
    if message.get("type") != "message.send":
        raise Refused("type_must_be_message_send")
    if not isinstance(message.get("data"), str):
        raise Refused("data_must_be_a_text")
    recipient = message.get("to")
    if not isinstance(recipient, str) or not recipient:
        raise Refused("to_is_missing")
    if recipient.startswith(UNKNOWN_PREFIX):
        raise Refused("unknown_recipient", recipient)
    return recipient


CONTRACT: Final = Contract(PATH, _recipient, "idempotency-key")
"""A repeated key is the same message."""
