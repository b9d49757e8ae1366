"""A handset's message, as End User Messaging publishes it and SNS passes it on.

See https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
# A number of ours may be a short code as well.
_OWN_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


class Unreadable(Exception):
    """The queue held no message of a handset. The text says what is wrong, and quotes nothing of it."""


@dataclass(frozen=True)
class Inbound:
    """A message of a handset.

    Attributes:
        id: `inboundMessageId`; whatever comes twice has the same.
        sender: Who wrote, in E.164.
        number: The number of ours that was written to, in E.164 or a short code.
        body: The text.
        keyword: The number's keyword that End User Messaging took it for; empty if it does not say.
        answers: Id of the message of ours that it answers; empty if there is none.
        at: When SNS took it, epoch milliseconds. SNS keeps no order: this one is the best there is.
        generation: How often it was put back after it had failed.
    """

    id: str
    sender: str
    number: str
    body: str
    keyword: str
    answers: str
    at: int
    generation: int = 0

    @property
    def conversation_id(self) -> str:
        """What all messages between these two have in common: 32 hex digits, not the numbers."""
        return conversation_id(self.sender, self.number)


def conversation_id(sender: str, number: str) -> str:
    """The name of the conversation of a handset with a number of ours."""
    return hashlib.sha256(f"{sender}\n{number}".encode()).hexdigest()[:32]


def inbound_from_json(text: str) -> Inbound:
    """Read a message of the queue: what SNS wraps around the message of a handset.

    Raises:
        Unreadable: It is something else.
    """
    envelope = _object(text, "the notification")
    if envelope.get("Type") != "Notification" or not isinstance(envelope.get("Message"), str):
        raise Unreadable("it is no notification of SNS")
    message = _object(envelope["Message"], "the message")
    return Inbound(
        id=_matching(message, "inboundMessageId", _ID),
        sender=_matching(message, "originationNumber", _E164),
        number=_matching(message, "destinationNumber", _OWN_NUMBER),
        body=_text(message, "messageBody"),
        keyword=_optional(message, "messageKeyword"),
        answers=_optional(message, "previousPublishedMessageId"),
        at=_milliseconds(envelope.get("Timestamp")),
        generation=_generation(envelope.get("Generation", 0)),
    )


def put_back(text: str) -> str:
    """What stands among the dead letters: moved back into the queue, it may be tried anew.

    Args:
        text: A message that could be read.
    """
    envelope = _object(text, "the notification")
    return json.dumps({**envelope, "Generation": _generation(envelope.get("Generation", 0)) + 1})


def _object(text: str, what: str) -> Mapping[str, Any]:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(f"{what} is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{what} is not a JSON object")
    return cast("dict[str, Any]", found)


def _text(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is {'missing' if value is None else 'no text'}")
    return value


def _optional(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name)
    return value if isinstance(value, str) else ""


def _matching(message: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = _text(message, name)
    if not form.fullmatch(value):
        raise Unreadable(f"{name} is not as End User Messaging writes it")
    return value


def _milliseconds(value: object) -> int:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise Unreadable("Timestamp is no time") from None
    if moment.tzinfo is None:
        raise Unreadable("Timestamp has no time zone")
    return int(moment.timestamp() * 1000)


def _generation(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unreadable("Generation must be a whole number")
    return value
