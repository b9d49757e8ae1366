"""The handsets of the embedded AWS: what they received, and what they are made to send."""

import json
import urllib.parse
import urllib.request
from typing import Any


def received(endpoint: str, handset: str, *, number: str) -> list[str]:
    """The texts that a handset got from a number, oldest first.

    Args:
        endpoint: The address of the embedded AWS.
        handset: In E.164.
        number: Who sent them.
    """
    query = urllib.parse.urlencode({"handset": handset, "from": number, "received": "true"})
    with urllib.request.urlopen(f"{endpoint}/_ministack/sms-voice/messages?{query}", timeout=30) as answer:
        messages: list[dict[str, Any]] = json.load(answer)["messages"]
    return [str(message["Body"]) for message in messages]


def write(
    endpoint: str, handset: str, body: str, *, number: str, copies: int = 1, delay: float = 0.0
) -> dict[str, Any]:
    """Make a handset send a text.

    Args:
        endpoint: The address of the embedded AWS.
        handset: In E.164.
        body: The text.
        number: Whom it writes to.
        copies: How often the number's topic gets it.
        delay: Seconds until the topic gets it.

    Returns:
        What became of it: `InboundMessageId`, `Published`, and `Refusal` if it was not published.
    """
    written = {"from": handset, "to": number, "body": body, "copies": copies, "delay": delay}
    request = urllib.request.Request(
        f"{endpoint}/_ministack/sms-voice/replies", json.dumps(written).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def two_way_number(sms: Any, topic_arn: str, *, self_managed: bool) -> str:
    """A new number whose handsets' texts go to a topic, in E.164.

    Args:
        sms: A boto3 client of `pinpoint-sms-voice-v2`.
        topic_arn: The topic.
        self_managed: Whether HELP, STOP and the opt-out list are left to whoever reads the topic.
    """
    made = sms.request_phone_number(
        IsoCountryCode="US",
        NumberType="LONG_CODE",
        MessageType="TRANSACTIONAL",
        NumberCapabilities=["SMS"],
    )
    sms.update_phone_number(
        PhoneNumberId=made["PhoneNumberId"],
        TwoWayEnabled=True,
        TwoWayChannelArn=topic_arn,
        SelfManagedOptOutsEnabled=self_managed,
    )
    return str(made["PhoneNumber"])
