"""Delivery reports of AWS End User Messaging, as EventBridge brings them, as `_SMS.*` records have them.

See https://docs.aws.amazon.com/sms-voice/latest/userguide/monitor-event-bridge.html and
https://docs.aws.amazon.com/pinpoint/latest/developerguide/event-streams-data-sms.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_WAITING: Final = frozenset({"TEXT_PENDING", "TEXT_QUEUED", "TEXT_SENT"})
_FAILED: Final = frozenset(
    f"TEXT_{status}"
    for status in (
        "BLOCKED",
        "CARRIER_BLOCKED",
        "CARRIER_UNREACHABLE",
        "INVALID",
        "INVALID_MESSAGE",
        "PROTECT_BLOCKED",
        "SPAM",
        "TTL_EXPIRED",
        "UNKNOWN",
        "UNREACHABLE",
    )
)
_MILLICENTS: Final = 100_000


@dataclass(frozen=True)
class TextReceipt:
    """What End User Messaging says of one text message.

    Attributes:
        event_type: The record's type, such as `_SMS.SUCCESS`.
        happened_at: When, epoch milliseconds.
        message_id: The message.
        context: What the sender put on it: `applicationId`, `run`, `claim`, `endpointId`.
        attributes: The record's attributes as far as the report has them.
        metrics: The price, once the message has ended.
    """

    event_type: str
    happened_at: int
    message_id: str
    context: Mapping[str, str]
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    metrics: dict[str, float] = field(default_factory=dict[str, float])


def read_text_receipt(event: Mapping[str, Any]) -> TextReceipt | None:
    """The receipt in an EventBridge event; None if the stream has no record for its kind."""
    detail: Mapping[str, Any] = event["detail"]
    event_type = _event_type(str(detail["eventType"]), is_final=bool(detail.get("isFinal", False)))
    if event_type is None:
        return None
    attributes = {
        "message_id": str(detail["messageId"]),
        "origination_phone_number": detail.get("originationPhoneNumber"),
        "destination_phone_number": detail.get("destinationPhoneNumber"),
        "record_status": detail.get("messageStatus"),
        "iso_country_code": detail.get("isoCountryCode"),
        "number_of_message_parts": detail.get("totalMessageParts"),
        "message_type": str(detail.get("messageType") or "").capitalize(),
    }
    price = None if event_type == "_SMS.BUFFERED" else detail.get("totalMessagePrice")
    return TextReceipt(
        event_type=event_type,
        happened_at=int(detail["eventTimestamp"]),
        message_id=str(detail["messageId"]),
        context={name: str(value) for name, value in (detail.get("context") or {}).items()},
        attributes={name: str(value) for name, value in attributes.items() if value not in (None, "")},
        # Rounded: a price in dollars has five decimals, and binary fractions have more.
        metrics={} if price is None else {"price_in_millicents_usd": round(float(price) * _MILLICENTS, 3)},
    )


def _event_type(kind: str, *, is_final: bool) -> str | None:
    if kind == "TEXT_DELIVERED" or (kind == "TEXT_SUCCESSFUL" and is_final):
        return "_SMS.SUCCESS"
    if kind == "TEXT_SUCCESSFUL" or kind in _WAITING:
        return "_SMS.BUFFERED"
    return "_SMS.FAILURE" if kind in _FAILED else None
