"""Opt-out lists, and the numbers on them."""

from typing import Any, Final

from embedded.sms_voice.account import Account
from embedded.sms_voice.errors import Conflict, Invalid, NotFound
from embedded.sms_voice.operations.tags import put_tags
from embedded.sms_voice.paging import page
from embedded.sms_voice.resources import DEFAULT_LIST, OptedOut, OptOutList

_Facts = dict[str, Any]
# https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_DeleteOptedOutNumber.html
_BETWEEN_OPT_INS: Final = 30 * 24 * 3600


def create_opt_out_list(account: Account, request: _Facts) -> _Facts:
    """A list with nobody on it."""
    name = request["OptOutListName"]
    if name in account.opt_out_lists:
        raise Conflict("RESOURCE_ALREADY_EXISTS", f"The list {name} exists", "opt-out-list", name)
    created = OptOutList(arn=account.arn("opt-out-list", name), name=name, created=account.clock())
    account.opt_out_lists[name] = created
    account.opted_out[name] = {}
    return {**created.facts(), "Tags": put_tags(account, created.arn, request)}


def describe_opt_out_lists(account: Account, request: _Facts) -> _Facts:
    """All lists, or those that are named."""
    named = [account.opt_out_list(reference) for reference in request.get("OptOutListNames", [])]
    return page(
        [listed.facts() for listed in named or account.opt_out_lists.values()], request, "OptOutLists"
    )


def delete_opt_out_list(account: Account, request: _Facts) -> _Facts:
    """Remove a list that nothing uses."""
    found = account.opt_out_list(request["OptOutListName"])
    used = {number.settings.opt_out_list for number in account.numbers.values()}
    used |= {pool.settings.opt_out_list for pool in account.pools.values()}
    if found.name in {DEFAULT_LIST, *used}:
        raise Conflict("RESOURCE_DELETION_NOT_ALLOWED", f"{found.name} is in use", "opt-out-list", found.name)
    del account.opt_out_lists[found.name], account.opted_out[found.name]
    account.tags.pop(found.arn, None)
    return found.facts()


def put_opted_out_number(account: Account, request: _Facts) -> _Facts:
    """Put a number on a list."""
    found = account.opt_out_list(request["OptOutListName"])
    entry = opt_out(account, found.name, e164(request["OptedOutNumber"]), by_the_user=False)
    return {**found.facts(), **entry.facts()}


def delete_opted_out_number(account: Account, request: _Facts) -> _Facts:
    """Take a number off a list, at most once in thirty days."""
    found = account.opt_out_list(request["OptOutListName"])
    number = e164(request["OptedOutNumber"])
    if number not in account.opted_out[found.name]:
        raise NotFound("opted-out-number", number)
    before = account.opted_in_at.get((found.name, number))
    if before is not None and account.clock() - before < _BETWEEN_OPT_INS:
        raise Invalid(
            "PHONE_NUMBER_CANNOT_BE_OPTED_IN", "The number was taken off this list less than 30 days ago"
        )
    account.opted_in_at[found.name, number] = account.clock()
    entry = account.opted_out[found.name].pop(number)
    return {**found.facts(), **entry.facts()}


def describe_opted_out_numbers(account: Account, request: _Facts) -> _Facts:
    """The numbers on a list, or those of them that are named."""
    found = account.opt_out_list(request["OptOutListName"])
    entries = account.opted_out[found.name]
    named = [e164(number) for number in request.get("OptedOutNumbers", [])]
    for number in named:
        if number not in entries:
            raise NotFound("opted-out-number", number)
    listed = [entries[number].facts() for number in named or entries]
    return {**found.facts(), **page(listed, request, "OptedOutNumbers")}


def opt_out(account: Account, list_name: str, number: str, *, by_the_user: bool) -> OptedOut:
    """Put a number on a list; one that is on it already stays as it is."""
    entry = OptedOut(number=number, at=account.clock(), by_the_user=by_the_user)
    return account.opted_out[list_name].setdefault(number, entry)


def e164(number: str) -> str:
    """A number with its plus."""
    return number if number.startswith("+") else f"+{number}"
