"""The safety catch: until sending is switched to live, only addresses that cannot hurt get mail.

Simulator addresses, verified identities and an allow list pass; everything else is held back, and the
result says so.
"""

import os
from typing import Final

from engine.context import Context

HELD_BACK: Final = (
    "held back by the safety catch: SENDING is not live, and the address is neither a simulator, a verified "
    "identity nor on ALLOW_LIST"
)
_SIMULATOR: Final = "simulator.amazonses.com"
_KEPT_SECONDS: Final = 300


def why_held_back(context: Context, address: str) -> str | None:
    """Why an address gets no mail now; None if it may."""
    if os.environ.get("SENDING", "safe") == "live":
        return None
    name, _, domain = address.strip().lower().rpartition("@")
    if domain == _SIMULATOR or _on_allow_list(f"{name}@{domain}", domain):
        return None
    verified = context.memory.recall("verified identities", _KEPT_SECONDS, lambda: _verified(context))
    return None if verified & {f"{name}@{domain}", domain} else HELD_BACK


def _on_allow_list(address: str, domain: str) -> bool:
    allowed = {entry.strip().lower() for entry in os.environ.get("ALLOW_LIST", "").split(",")} - {""}
    return address in allowed or f"@{domain}" in allowed


def _verified(context: Context) -> frozenset[str]:
    """All verified identities at once: SES answers one such question a second."""
    from botocore.exceptions import ClientError

    names: list[str] = []
    request: dict[str, str] = {}
    while True:
        try:
            answer = context.client("sesv2").list_email_identities(**request)
        except ClientError:
            # Not knowing is not a yes.
            return frozenset()
        names += [
            identity["IdentityName"].lower()
            for identity in answer.get("EmailIdentities", ())
            if identity.get("VerificationStatus", "SUCCESS" if identity.get("SendingEnabled") else "")
            == "SUCCESS"
        ]
        if not answer.get("NextToken"):
            return frozenset(names)
        request = {"NextToken": answer["NextToken"]}
