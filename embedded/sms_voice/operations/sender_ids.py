"""Sender ids: names that messages are sent from."""

from dataclasses import replace
from typing import Any, Final

from embedded.sms_voice.account import Account
from embedded.sms_voice.errors import Conflict, Invalid
from embedded.sms_voice.operations.tags import put_tags
from embedded.sms_voice.paging import page
from embedded.sms_voice.resources import SenderId

_Facts = dict[str, Any]
# https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-sms-by-country.html
_WITHOUT: Final = frozenset({"US", "CA", "BR", "CN", "MX"})


def request_sender_id(account: Account, request: _Facts) -> _Facts:
    """A sender id in one country."""
    country = request["IsoCountryCode"]
    if country in _WITHOUT:
        raise Invalid("SENDER_ID_NOT_SUPPORTED", f"Sender ids are not supported in {country}")
    key = f"{request['SenderId']}/{country}"
    if key in account.sender_ids:
        raise Conflict("RESOURCE_ALREADY_EXISTS", f"The sender id {key} exists", "sender-id", key)
    sender = SenderId(
        arn=account.arn("sender-id", key),
        name=request["SenderId"],
        country=country,
        message_types=tuple(request.get("MessageTypes") or ("TRANSACTIONAL", "PROMOTIONAL")),
        deletion_protection=request.get("DeletionProtectionEnabled", False),
    )
    account.sender_ids[key] = sender
    return {**sender.facts(), "Tags": put_tags(account, sender.arn, request)}


def describe_sender_ids(account: Account, request: _Facts) -> _Facts:
    """All sender ids, or those that are named."""
    named = [
        account.sender_id(asked["SenderId"], asked["IsoCountryCode"])
        for asked in request.get("SenderIds", [])
    ]
    return page([sender.facts() for sender in named or account.sender_ids.values()], request, "SenderIds")


def update_sender_id(account: Account, request: _Facts) -> _Facts:
    """Protect a sender id from release, or no longer."""
    sender = account.sender_id(request["SenderId"], request["IsoCountryCode"])
    protected = request.get("DeletionProtectionEnabled", sender.deletion_protection)
    sender = replace(sender, deletion_protection=protected)
    account.sender_ids[f"{sender.name}/{sender.country}"] = sender
    return sender.facts()


def release_sender_id(account: Account, request: _Facts) -> _Facts:
    """Give a sender id back."""
    sender = account.sender_id(request["SenderId"], request["IsoCountryCode"])
    key = f"{sender.name}/{sender.country}"
    if sender.deletion_protection:
        raise Conflict("DELETION_PROTECTION_ENABLED", f"{key} is protected", "sender-id", key)
    if sender.pool_ids:
        raise Conflict("SENDER_ID_ASSOCIATED_TO_POOL", f"{key} is in {sender.pool_ids[0]}", "sender-id", key)
    del account.sender_ids[key]
    account.tags.pop(sender.arn, None)
    return sender.facts()
