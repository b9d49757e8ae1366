"""Phone numbers: requested, described, changed and released."""

import secrets
from dataclasses import replace
from typing import Any

from embedded.sms_voice.account import Account, new_id
from embedded.sms_voice.errors import Conflict, Invalid
from embedded.sms_voice.operations.replies import check_two_way
from embedded.sms_voice.operations.tags import put_tags
from embedded.sms_voice.pace import PARTS_PER_SECOND
from embedded.sms_voice.paging import page
from embedded.sms_voice.resources import PhoneNumber, Settings
from embedded.sms_voice.simulator_numbers import calling_code

_Facts = dict[str, Any]


def request_phone_number(account: Account, request: _Facts) -> _Facts:
    """A number of the country. It is active at once, where AWS would wait for a registration."""
    code = calling_code(request["IsoCountryCode"])
    if code is None:
        raise Invalid("COUNTRY_NOT_ENABLED", f"No numbers are to be had in {request['IsoCountryCode']}")
    account.opt_out_list(request.get("OptOutListName", Settings().opt_out_list))
    pool_id = account.pool(request["PoolId"]).id if request.get("PoolId") else ""
    number_id = new_id("phone")
    number = PhoneNumber(
        arn=account.arn("phone-number", number_id),
        id=number_id,
        number=_unused(account, code),
        country=request["IsoCountryCode"],
        number_type=request["NumberType"],
        message_type=request["MessageType"],
        capabilities=tuple(request["NumberCapabilities"]),
        settings=Settings().updated(request),
        international=request.get("InternationalSendingEnabled", False),
        rate=PARTS_PER_SECOND[request["NumberType"]],
        created=account.clock(),
        pool_id=pool_id,
    )
    account.numbers[number_id] = number
    account.new_keywords(number_id)
    return {**number.facts(), "Tags": put_tags(account, number.arn, request)}


def describe_phone_numbers(account: Account, request: _Facts) -> _Facts:
    """All numbers, or those that are named."""
    named = [account.number(reference) for reference in request.get("PhoneNumberIds", [])]
    return page([number.facts() for number in named or account.numbers.values()], request, "PhoneNumbers")


def update_phone_number(account: Account, request: _Facts) -> _Facts:
    """Change how a number takes replies and opt-outs."""
    number = account.number(request["PhoneNumberId"])
    account.opt_out_list(request.get("OptOutListName", number.settings.opt_out_list))
    if number.pool_id and {"TwoWayEnabled", "OptOutListName", "SelfManagedOptOutsEnabled"} & request.keys():
        raise Conflict(
            "PHONE_NUMBER_ASSOCIATED_TO_POOL",
            f"{number.id} is in {number.pool_id}: change the pool",
            "phone-number",
            number.id,
        )
    settings = number.settings.updated(request)
    check_two_way(settings)
    number = replace(
        number,
        settings=settings,
        international=request.get("InternationalSendingEnabled", number.international),
    )
    account.numbers[number.id] = number
    return number.facts()


def release_phone_number(account: Account, request: _Facts) -> _Facts:
    """Give a number back."""
    number = account.number(request["PhoneNumberId"])
    if number.settings.deletion_protection:
        raise Conflict("DELETION_PROTECTION_ENABLED", f"{number.id} is protected", "phone-number", number.id)
    if number.pool_id:
        raise Conflict(
            "PHONE_NUMBER_ASSOCIATED_TO_POOL",
            f"{number.id} is in {number.pool_id}: take it out first",
            "phone-number",
            number.id,
        )
    del account.numbers[number.id], account.keywords[number.id]
    account.tags.pop(number.arn, None)
    return {**number.facts(), "Status": "DELETED"}


def _unused(account: Account, code: str) -> str:
    """A number that nobody has: in North America among those that are kept for examples."""
    taken = {number.number for number in account.numbers.values()}
    while True:
        number = f"+{code}70{secrets.randbelow(10**7):07d}"
        if code == "1":
            number = f"+1{200 + secrets.randbelow(800)}55501{secrets.randbelow(100):02d}"
        if number not in taken:
            return number
