"""What becomes of a message, by the number that it is sent to.

AWS's simulator numbers do as AWS says. Of all other numbers the last five digits decide; a number that is
not listed here gets its messages.

https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from embedded.sms_voice.simulator_numbers import FAILURE

Kind = Literal["TEXT", "MEDIA", "VOICE"]
_DECIDING_DIGITS: Final = 5


@dataclass(frozen=True)
class Step:
    """One report about a message.

    Attributes:
        status: The event's `messageStatus`.
        description: Its `messageStatusDescription`.
        is_final: Whether nothing follows.
    """

    status: str
    description: str
    is_final: bool = False


@dataclass(frozen=True)
class Outcome:
    """All reports about a message, in the order in which they are sent.

    Attributes:
        steps: At least one.
        is_received: Whether the handset shows it, or is picked up.
        copies: How often each report is sent. AWS promises at least once.
    """

    steps: tuple[Step, ...]
    is_received: bool = False
    copies: int = 1


_QUEUED: Final = Step("QUEUED", "Message has been queued for delivery")
_ACCEPTED: Final = Step("SUCCESSFUL", "Message has been accepted by phone carrier")
_DELIVERED: Final = Step("DELIVERED", "Message has been delivered to the phone", is_final=True)
_ARRIVES: Final = (_QUEUED, _ACCEPTED, _DELIVERED)
_UNREACHABLE: Final = Step("UNREACHABLE", "Phone is currently unreachable", is_final=True)


def _fails(status: str, description: str) -> Outcome:
    return Outcome((_QUEUED, Step(status, description, is_final=True)))


# Texts and media, by the last five digits.
_WRITTEN: Final[Mapping[str, Outcome]] = {
    "99901": Outcome((_QUEUED, _UNREACHABLE)),
    "99902": _fails("CARRIER_UNREACHABLE", "Phone carrier is currently unreachable"),
    "99903": _fails("BLOCKED", "Phone is blocking messages from this sender"),
    "99904": _fails("CARRIER_BLOCKED", "Phone carrier has blocked this message"),
    "99905": _fails("INVALID", "Destination phone number is invalid"),
    "99906": _fails("INVALID_MESSAGE", "Message body is invalid"),
    "99907": _fails("SPAM", "Phone carrier has marked this message as spam"),
    "99908": _fails("TTL_EXPIRED", "Message could not be delivered within its time to live"),
    # Taken by the carrier, which never says more.
    "99909": Outcome(
        (
            _QUEUED,
            _ACCEPTED,
            Step("UNKNOWN", "Message was sent, and the carrier has not said more", is_final=True),
        ),
        is_received=True,
    ),
    # In countries without receipts of the handset the carrier's is the last one.
    "99910": Outcome((_QUEUED, Step(_ACCEPTED.status, _ACCEPTED.description, is_final=True)), True),
    "99921": Outcome(_ARRIVES, is_received=True, copies=2),
    "99922": Outcome(tuple(reversed(_ARRIVES)), is_received=True),
}
_INITIATED: Final = Step("INITIATED", "Call has been initiated")
_RINGING: Final = Step("RINGING", "Phone is ringing")
_PICKED_UP: Final = (
    _INITIATED,
    _RINGING,
    Step("ANSWERED", "Call has been answered"),
    Step("COMPLETED", "Call has been completed", is_final=True),
)
_SPOKEN: Final[Mapping[str, Outcome]] = {
    "99901": Outcome((_INITIATED, _RINGING, Step("NO_ANSWER", "Call was not answered", is_final=True))),
    "99903": Outcome((_INITIATED, Step("BUSY", "Phone is busy", is_final=True))),
    "99905": Outcome((_INITIATED, Step("FAILED", "Call could not be made", is_final=True))),
    "99908": Outcome((Step("TTL_EXPIRED", "Call was not made within its time to live", is_final=True),)),
    "99921": Outcome(_PICKED_UP, is_received=True, copies=2),
    "99922": Outcome(tuple(reversed(_PICKED_UP)), is_received=True),
}


def outcome_of(destination: str, kind: Kind) -> Outcome:
    """What becomes of a message to a number.

    Args:
        destination: In E.164.
        kind: What is sent.
    """
    listed = _SPOKEN if kind == "VOICE" else _WRITTEN
    if destination in FAILURE:
        # AWS does not say in which way these fail.
        return listed["99901"]
    arrives = Outcome(_PICKED_UP if kind == "VOICE" else _ARRIVES, is_received=True)
    return listed.get(destination[-_DECIDING_DIGITS:], arrives)
