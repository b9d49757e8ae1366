"""Links for end users: signed, with an end, and nothing in them that tells whose they are.

A token is 88 characters: what it claims and an HMAC-SHA256 over that, base64 as it may stand in a path. The
claims are a version, the key's id, the scope, the end, and the user as a pseudonym that only the key's
holder can make. Whom it stands for is in the table.
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from typing import Final, Literal

from patterns.user_endpoints.errors import LinkExpired, LinkInvalid
from patterns.user_endpoints.link_keys import LinkKey, LinkKeys

Scope = Literal["read", "write"]

_VERSION: Final = 1
_CLAIMS: Final = struct.Struct(">B8sBQ16s")
_SCOPES: Final[tuple[Scope, ...]] = ("read", "write")
_LENGTH: Final = 88
_SIGNATURE: Final = 32


@dataclass(frozen=True)
class Claims:
    """What a good link says.

    Attributes:
        key: What it was signed with.
        scope: `read`, or `write` for both.
        expires_at: Epoch seconds.
        subject: The user's pseudonym under that key, hex.
    """

    key: LinkKey
    scope: Scope
    expires_at: int
    subject: str


def subject_of(key: LinkKey, application_id: str, user_id: str) -> str:
    """The pseudonym of a user: the same for all links under one key."""
    return key.digest("subject", f"{application_id}\n{user_id}".encode())[:16].hex()


def handle_of(key: LinkKey, endpoint_id: str) -> str:
    """What an endpoint is called towards who has a link: its id may be an address."""
    return key.digest("endpoint", endpoint_id.lower().encode())[:8].hex()


def sign(claims: Claims) -> str:
    """The token of some claims."""
    content = _CLAIMS.pack(
        _VERSION,
        claims.key.id,
        _SCOPES.index(claims.scope),
        claims.expires_at,
        bytes.fromhex(claims.subject),
    )
    return base64.urlsafe_b64encode(content + claims.key.digest("link", content)).decode()


def verify(token: str, keys: LinkKeys, now: float) -> Claims:
    """What a token claims, if we signed it and its time is not over.

    Args:
        token: As it stands in the path.
        keys: The keys that are good.
        now: Epoch seconds.

    Raises:
        LinkInvalid: It is no token, or not one of ours.
        LinkExpired: It was good.
    """
    data = _decoded(token)
    content, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
    version, key_id, scope, expires_at, subject = _CLAIMS.unpack(content)
    key = keys.by_id(key_id)
    if key is None or not hmac.compare_digest(key.digest("link", content), signature):
        raise _invalid()
    if version != _VERSION or scope >= len(_SCOPES):
        raise _invalid()
    if expires_at <= now:
        raise LinkExpired("this link's time is over: ask for a new one")
    return Claims(key, _SCOPES[scope], expires_at, subject.hex())


def _decoded(token: str) -> bytes:
    if len(token) != _LENGTH or not token.isascii():
        raise _invalid()
    try:
        data = base64.b64decode(token, altchars=b"-_", validate=True)
    except binascii.Error:
        raise _invalid() from None
    # With padding, as many letters are fewer bytes.
    if len(data) != _CLAIMS.size + _SIGNATURE:
        raise _invalid()
    return data


def _invalid() -> LinkInvalid:
    return LinkInvalid("this link is not one of ours, or was changed")
