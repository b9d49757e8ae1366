"""The reports about a message, as configuration sets and as EventBridge have them.

https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html
https://docs.aws.amazon.com/sms-voice/latest/userguide/monitor-event-bridge.html
"""

from collections.abc import Iterable
from typing import Any, Final

from embedded.sms_voice.messages import Message
from embedded.sms_voice.outcomes import Step

SOURCE: Final = "aws.sms-voice"
DETAIL_TYPES: Final = {
    "TEXT": "Text Message Delivery Status Updated",
    "MEDIA": "Media Message Delivery Status Updated",
    "VOICE": "Voice Message Delivery Status Updated",
}
_CARRIER: Final = "Embedded Carrier"
_SECONDS_OF_A_CALL: Final = 15
_FOR_EVERYTHING: Final = "ALL"


def event_type(message: Message, step: Step) -> str:
    """Such as `TEXT_DELIVERED`."""
    return f"{message.kind}_{step.status}"


def is_asked_for(kind: str, matching: Iterable[str]) -> bool:
    """Whether a destination with these `MatchingEventTypes` gets an event of a type."""
    channel = kind.partition("_")[0]
    return not {_FOR_EVERYTHING, f"{channel}_ALL", kind}.isdisjoint(matching)


def record(message: Message, step: Step, at: float) -> dict[str, Any]:
    """A report as a configuration set's destinations get it.

    Args:
        message: What was sent.
        step: What became of it.
        at: When, in seconds since the epoch.
    """
    facts: dict[str, Any] = {
        "eventType": event_type(message, step),
        "eventVersion": "1.0",
        "eventTimestamp": _milliseconds(at),
        "isFinal": step.is_final,
        "originationPhoneNumber": message.origination,
        "destinationPhoneNumber": message.destination,
    }
    if message.country:
        facts["isoCountryCode"] = message.country
    if message.kind == "VOICE":
        return {**facts, **_of_a_call(message, step)}
    return {
        **facts,
        "isInternationalSend": message.is_international,
        "carrierName": _CARRIER,
        "messageId": message.id,
        "messageRequestTimestamp": _milliseconds(message.at),
        "messageEncoding": message.encoding,
        "messageType": message.message_type,
        "messageStatus": step.status,
        "messageStatusDescription": step.description,
        "context": message.context,
        "totalMessageParts": message.parts,
        "totalMessagePrice": message.price,
        "totalCarrierFee": 0.0,
    }


def detail(message: Message, step: Step, at: float) -> dict[str, Any]:
    """A report as EventBridge gets it: without the destination's number."""
    facts = record(message, step, at)
    del facts["destinationPhoneNumber"]
    return facts


def _of_a_call(message: Message, step: Step) -> dict[str, Any]:
    facts = {
        "messageId": message.id,
        "messageRequestTimestamp": _milliseconds(message.at),
        "messageStatus": step.status,
        "messageStatusDescription": step.description,
        "context": message.context,
    }
    if step.status != "COMPLETED":
        return facts
    return {
        **facts,
        "callDurationInSeconds": _SECONDS_OF_A_CALL,
        "totalDurationInMinutes": 1,
        "totalMessagePrice": message.price,
    }


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
