"""A message that was accepted, with all that its reports and the handset's page say of it."""

from dataclasses import dataclass, field
from typing import Any

from embedded.sms_voice.outcomes import Kind, Outcome
from embedded.sms_voice.parts import Encoding


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message to one handset.

    Attributes:
        origination: The number or the sender id that the handset shows.
        origination_id: Its id, as pools and keywords know it.
        configuration_set: Its name; empty for none.
        media: `s3://` addresses.
        at: When it was asked for, in seconds since the epoch.
    """

    id: str
    kind: Kind
    destination: str
    origination: str
    origination_id: str
    country: str | None
    is_international: bool
    body: str
    encoding: Encoding
    parts: int
    price: float
    message_type: str
    at: float
    configuration_set: str = ""
    context: dict[str, str] = field(default_factory=dict[str, str])
    media: tuple[str, ...] = ()


@dataclass
class Kept:
    """A message and what has become of it so far.

    Attributes:
        status: Of the last report.
        is_received: Whether the handset shows it.
    """

    message: Message
    outcome: Outcome
    status: str = ""
    is_received: bool = False

    def shown(self) -> dict[str, Any]:
        """As the handset's page shows it."""
        message = self.message
        return {
            "MessageId": message.id,
            "Kind": message.kind,
            "From": message.origination,
            "To": message.destination,
            "Body": message.body,
            "MediaUrls": list(message.media),
            "MessageType": message.message_type,
            "Encoding": message.encoding,
            "Parts": message.parts,
            "Context": message.context,
            "ConfigurationSetName": message.configuration_set,
            "Status": self.status,
            "Received": self.is_received,
            "Timestamp": message.at,
        }
