"""A customer data platform's callback: what engagement events are posted to."""

from collections.abc import Mapping

from embedded.vendors.faults import FaultPlan
from embedded.vendors.intake import Contract, Intake, Refused

PATH = "/v1/callbacks"


def cdp(faults: FaultPlan) -> Intake:
    """The callback endpoint; a repeated `webhook-id` is the same event, as Standard Webhooks has it."""
    return Intake(Contract(PATH, _recipient, "webhook-id"), faults)


def _recipient(event: Mapping[str, object]) -> str:
    missing = [name for name in ("type", "timestamp", "message_id") if not event.get(name)]
    if missing:
        raise Refused(f"{missing[0]}_is_missing")
    address = event.get("address")
    if not isinstance(address, str) or not address:
        raise Refused("address_is_missing")
    return address
