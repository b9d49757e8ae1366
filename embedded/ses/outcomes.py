"""What becomes of a mail, by recipient: the mailbox simulator's addresses decide, the rest is delivered.

https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator-how-to-use
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Final

SIMULATOR: Final = "simulator.amazonses.com"
_MTA: Final = "a8-70.smtp-out.amazonses.com"
_DELIVERED: Final = ("Delivery",)
_OF_SIMULATOR: Final[dict[str, tuple[str, ...]]] = {
    "success": _DELIVERED,
    "bounce": ("Bounce",),
    # Accepted by the recipient's provider, and then marked as spam.
    "complaint": ("Delivery", "Complaint"),
    "suppressionlist": ("Suppressed",),
    # Delivered; the automatic answer goes to the sender and is no event.
    "ooto": _DELIVERED,
}


@dataclass(frozen=True)
class Outcome:
    """One event about a mail.

    Attributes:
        kind: The event's `eventType`.
        detail_type: Its name on EventBridge.
        matching: Its name in a configuration set's `MatchingEventTypes`.
        facts: What the event says besides `mail`.
    """

    kind: str
    detail_type: str
    matching: str
    facts: dict[str, Any]


def outcomes(recipients: Sequence[str], at: str) -> tuple[Outcome, ...]:
    """The events about one mail, in their order.

    Args:
        recipients: All addresses, with or without a display name.
        at: ISO 8601 instant of the events.
    """
    events = [Outcome("Send", "Email Sent", "SEND", {"send": {}})]
    for recipient in recipients:
        address = parseaddr(recipient)[1]
        events += [_BUILDERS[what](address, at) for what in _destiny(address)]
    return tuple(events)


def _destiny(address: str) -> tuple[str, ...]:
    local, _, domain = address.lower().rpartition("@")
    if domain != SIMULATOR:
        return _DELIVERED
    return _OF_SIMULATOR.get(local.partition("+")[0], ("Bounce",))


def _delivery(address: str, at: str) -> Outcome:
    facts = {
        "timestamp": at,
        "processingTimeMillis": 50,
        "recipients": [address],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": _MTA,
    }
    return Outcome("Delivery", "Email Delivered", "DELIVERY", {"delivery": facts})


def _bounce(address: str, at: str) -> Outcome:
    facts = {
        "feedbackId": _feedback_id(),
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": address,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
        "timestamp": at,
        "reportingMTA": f"dsn; {_MTA}",
    }
    return Outcome("Bounce", "Email Bounced", "BOUNCE", {"bounce": facts})


def _suppressed(address: str, at: str) -> Outcome:
    facts = {
        "feedbackId": _feedback_id(),
        "bounceType": "Permanent",
        # The simulator plays the list of SES itself; OnAccountSuppressionList is the account's own.
        "bounceSubType": "Suppressed",
        "bouncedRecipients": [
            {
                "emailAddress": address,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "Amazon SES has suppressed sending to this address because it has a "
                "recent history of bouncing as an invalid address.",
            }
        ],
        "timestamp": at,
        "reportingMTA": "dns; amazonses.com",
    }
    return Outcome("Bounce", "Email Bounced", "BOUNCE", {"bounce": facts})


def _complaint(address: str, at: str) -> Outcome:
    facts = {
        "feedbackId": _feedback_id(),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": address}],
        "timestamp": at,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": at,
    }
    return Outcome("Complaint", "Email Complaint Received", "COMPLAINT", {"complaint": facts})


_BUILDERS: Final = {
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Suppressed": _suppressed,
    "Complaint": _complaint,
}


def _feedback_id() -> str:
    return f"0100{uuid.uuid4().hex[:12]}-{uuid.uuid4()}-000000"
