"""Which origination identity sends a message.

https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-choosing.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from embedded.sms_voice.account import Account, Identity
from embedded.sms_voice.errors import Conflict, Invalid, NotFound
from embedded.sms_voice.resources import ConfigurationSet, PhoneNumber, Settings, name_of
from embedded.sms_voice.simulator_numbers import country_of, is_simulator

# https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-request-considerations.html
_AT_HOME: Final = frozenset({"SHORT_CODE", "TEN_DLC"})


@dataclass(frozen=True)
class Origin:
    """Who sends, and the settings that count for it: those of the pool that it sends for, or its own."""

    identity: Identity
    settings: Settings


def origin_of(
    account: Account,
    request: dict[str, Any],
    destination: str,
    capability: str,
    configuration_set: ConfigurationSet | None,
) -> Origin:
    """Who sends a message.

    Args:
        account: Whose resources.
        request: Of `SendTextMessage` or a sibling.
        destination: In E.164.
        capability: What the number must be able to send: `SMS`, `MMS` or `VOICE`.
        configuration_set: Its default sender id sends if the request names nobody.

    Raises:
        Conflict: Nobody can send it, or the one that is named is not able to.
        Invalid: The one that is named may not send to this country.
        NotFound: There is nobody of this name.
    """
    reference = request.get("OriginationIdentity") or (
        configuration_set.sender_id if configuration_set else ""
    )
    message_type = request.get("MessageType")
    if not reference:
        everybody: list[Identity] = [*account.numbers.values(), *account.sender_ids.values()]
        chosen = _choose(everybody, destination, capability, message_type, "the account")
        return Origin(chosen, account.settings_of(chosen))
    if name_of(reference).startswith("pool-"):
        pool = account.pool(reference)
        if message_type not in (None, pool.message_type):
            raise _mismatch("pool", pool.id, message_type)
        chosen = _choose(account.members(pool.id), destination, capability, message_type, pool.id)
        return Origin(chosen, pool.settings)
    identity = named(account, reference, destination)
    _check(identity, destination, capability, message_type)
    return Origin(identity, account.settings_of(identity))


def named(account: Account, reference: str, destination: str) -> Identity:
    """A number by itself, its id or ARN; a sender id by its name or ARN.

    Raises:
        NotFound: There is none of this name.
    """
    by_number = [number for number in account.numbers.values() if reference.lstrip("+") == number.number[1:]]
    if by_number:
        return by_number[0]
    if name_of(reference) in account.numbers or ":phone-number/" in reference or reference[:6] == "phone-":
        return account.number(reference)
    if reference.startswith("+"):
        raise NotFound("phone-number", reference)
    home = account.sender_ids.get(f"{reference}/{country_of(destination)}")
    elsewhere = (sender for sender in account.sender_ids.values() if sender.name == reference)
    return home or next(elsewhere, None) or account.sender_id(reference, country_of(destination) or "")


def _choose(
    among: Iterable[Identity], destination: str, capability: str, message_type: str | None, whose: str
) -> Identity:
    able = [identity for identity in among if _is_able(identity, destination, capability, message_type)]
    # Carriers like a sender of their own country best.
    able.sort(key=lambda identity: identity.country != country_of(destination))
    if not able:
        raise Conflict(
            "NO_ORIGINATION_IDENTITIES_FOUND",
            f"No origination identity of {whose} can send {message_type or capability} to this country",
        )
    return able[0]


def _is_able(identity: Identity, destination: str, capability: str, message_type: str | None) -> bool:
    try:
        _check(identity, destination, capability, message_type)
    except (Conflict, Invalid):
        return False
    return True


def _check(identity: Identity, destination: str, capability: str, message_type: str | None) -> None:
    name = name_of(identity.arn)
    if not isinstance(identity, PhoneNumber):
        if capability != "SMS":
            raise Conflict(
                "NUMBER_CAPABILITIES_MISMATCH", f"{name} cannot send {capability}", "sender-id", name
            )
        if message_type and message_type not in identity.message_types:
            raise _mismatch("sender-id", name, message_type)
        if identity.country != country_of(destination):
            raise Invalid("INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", f"{name} cannot send to this country")
        return
    if identity.status != "ACTIVE":
        raise Conflict("RESOURCE_NOT_ACTIVE", f"{name} is {identity.status}", "phone-number", name)
    if capability not in identity.capabilities:
        raise Conflict(
            "NUMBER_CAPABILITIES_MISMATCH", f"{name} cannot send {capability}", "phone-number", name
        )
    if message_type not in (None, identity.message_type):
        raise _mismatch("phone-number", name, message_type)
    _check_country(identity, destination)


def _check_country(number: PhoneNumber, destination: str) -> None:
    is_abroad = number.country != country_of(destination)
    if number.number_type == "SIMULATOR" and (is_abroad or not is_simulator(destination)):
        raise Invalid(
            "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY",
            f"{number.id} is a simulator number: it sends only to simulator numbers of {number.country}",
        )
    if is_abroad and number.number_type in _AT_HOME:
        raise Invalid(
            "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY",
            f"{number.id} is a {number.number_type}: it sends only within {number.country}",
        )
    if is_abroad and number.number_type == "TOLL_FREE" and not number.international:
        raise Invalid(
            "INTERNATIONAL_SENDING_NOT_SUPPORTED", f"{number.id} has InternationalSendingEnabled off"
        )


def _mismatch(kind: str, name: str, message_type: str | None) -> Conflict:
    return Conflict("MESSAGE_TYPE_MISMATCH", f"{name} does not send {message_type} messages", kind, name)
