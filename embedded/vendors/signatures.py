"""Standard Webhooks signatures, checked as a vendor checks them.

See https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


class BadSignature(Exception):
    """The request was not signed with our secret, or not lately.

    Args:
        reason: What was wrong, without the secret and without the signature.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` value of one message.

    Args:
        secret: `whsec_` and the key in base64.
        message_id: The message's id, the same on every attempt.
        timestamp: Epoch seconds of this attempt.
        body: The body's bytes as they are sent.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """The id of a message whose signature holds.

    Args:
        secret: `whsec_` and the key in base64.
        headers: Header names in lower case.
        body: The body's bytes as they came.
        now: Epoch seconds.

    Raises:
        BadSignature: A header is missing, the time is off by more than five minutes, or no signature fits.
    """
    missing = [
        name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if name not in headers
    ]
    if missing:
        raise BadSignature(f"header {missing[0]} is missing")
    message_id, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    if not stamp.isdecimal():
        raise BadSignature(f"webhook-timestamp must be epoch seconds, got {stamp!r}")
    if abs(now - int(stamp)) > TOLERANCE_SECONDS:
        raise BadSignature(f"webhook-timestamp is more than {TOLERANCE_SECONDS} s off")
    expected = sign(secret, message_id, int(stamp), body)
    # A sender that rotates its secret sends one signature for each, parted by a space.
    candidates = headers["webhook-signature"].split(" ")
    if not any(hmac.compare_digest(expected.encode(), candidate.encode()) for candidate in candidates):
        raise BadSignature("no signature fits")
    return message_id


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise BadSignature("the secret must be whsec_ and base64") from None
