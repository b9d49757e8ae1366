"""What became of one message, whatever the channel."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

DeliveryStatus: TypeAlias = Literal[
    "SUCCESSFUL",
    "THROTTLED",
    "TEMPORARY_FAILURE",
    "PERMANENT_FAILURE",
    "UNKNOWN_FAILURE",
    "OPT_OUT",
    "DUPLICATE",
]


@dataclass(frozen=True)
class SendOutcome:
    """What became of one message.

    Attributes:
        status: As `MessageResult.DeliveryStatus`.
        status_code: What the service behind the channel answered, as an HTTP status.
        message: Why; it names no person.
        message_id: The service's id of an accepted message.
        held_back: Whether the safety catch kept it.
    """

    status: DeliveryStatus
    status_code: int
    message: str
    message_id: str | None = None
    held_back: bool = False
