"""The safety catch: until sending is switched to live, only addresses that cannot hurt get messages.

Simulators, what the account has verified and an allow list pass; everything else is held back, and the
result says so.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Final

from engine.context import Context
from engine.senders.handover import repeated_if_throttled
from engine.senders.phone import SERVICE
from engine.senders.simulators import NUMBERS

_HELD_BACK: Final = "held back by the safety catch: SENDING is not live, and the {} nor on ALLOW_LIST"
_MAIL: Final = _HELD_BACK.format("address is neither a simulator, a verified identity")
_TEXT: Final = _HELD_BACK.format("number is neither a simulator, a verified destination")
_CALL: Final = _HELD_BACK.format("number is neither a verified destination")
_SIMULATOR: Final = "simulator.amazonses.com"
_KEPT_SECONDS: Final = 300


def why_mail_held_back(context: Context, address: str) -> str | None:
    """Why an address gets no mail now; None if it may."""
    if _is_live():
        return None
    name, _, domain = address.strip().lower().rpartition("@")
    if domain == _SIMULATOR or _allowed() & {f"{name}@{domain}", f"@{domain}"}:
        return None
    verified = _recalled(context, "verified identities", _identities)
    return None if verified & {f"{name}@{domain}", domain} else _MAIL


def why_text_held_back(context: Context, number: str) -> str | None:
    """Why a number gets no text message now; None if it may."""
    if _is_live() or _with_plus(number) in NUMBERS or _is_known(context, number):
        return None
    return _TEXT


def why_call_held_back(context: Context, number: str) -> str | None:
    """Why a number is not called now; None if it may be. The simulators take no calls."""
    return None if _is_live() or _is_known(context, number) else _CALL


def _is_live() -> bool:
    return os.environ.get("SENDING", "safe") == "live"


def _is_known(context: Context, number: str) -> bool:
    wanted = _with_plus(number)
    if wanted in _allowed():
        return True
    return wanted in _recalled(context, "verified numbers", _numbers)


def _recalled(context: Context, what: str, ask: Callable[[Context], frozenset[str]]) -> frozenset[str]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return context.memory.recall(what, _KEPT_SECONDS, lambda: ask(context))
    except (ClientError, BotoCoreError):
        # Not knowing is not a yes, and is asked again for the next message.
        return frozenset()


def _with_plus(number: str) -> str:
    return f"+{number.strip().removeprefix('+')}"


def _allowed() -> set[str]:
    return {entry.strip().lower() for entry in os.environ.get("ALLOW_LIST", "").split(",")} - {""}


def _numbers(context: Context) -> frozenset[str]:
    """The phone numbers that somebody of this account has answered for."""
    client = context.client(SERVICE)
    numbers: list[str] = []
    request: dict[str, str] = {}
    while True:
        page = partial(client.describe_verified_destination_numbers, **request)
        answer = repeated_if_throttled(page)
        numbers += [
            _with_plus(found["DestinationPhoneNumber"])
            for found in answer.get("VerifiedDestinationNumbers", ())
            if found.get("Status") == "VERIFIED" and found.get("DestinationPhoneNumber")
        ]
        if not answer.get("NextToken"):
            return frozenset(numbers)
        request = {"NextToken": answer["NextToken"]}


def _identities(context: Context) -> frozenset[str]:
    """All verified identities at once: SES answers one such question a second."""
    client = context.client("sesv2")
    names: list[str] = []
    request: dict[str, str] = {}
    while True:
        page = partial(client.list_email_identities, **request)
        answer = repeated_if_throttled(page)
        names += [
            identity["IdentityName"].lower()
            for identity in answer.get("EmailIdentities", ())
            if identity.get("VerificationStatus", "SUCCESS" if identity.get("SendingEnabled") else "")
            == "SUCCESS"
        ]
        if not answer.get("NextToken"):
            return frozenset(names)
        request = {"NextToken": answer["NextToken"]}
