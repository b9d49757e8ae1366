"""Pools: origination identities that send for each other."""

from dataclasses import replace
from typing import Any

from embedded.sms_voice.account import Account, Identity, new_id, pools_of
from embedded.sms_voice.errors import Conflict
from embedded.sms_voice.operations.replies import check_two_way
from embedded.sms_voice.operations.tags import put_tags
from embedded.sms_voice.paging import page
from embedded.sms_voice.resources import PhoneNumber, Pool, SenderId, Settings, name_of

_Facts = dict[str, Any]


def create_pool(account: Account, request: _Facts) -> _Facts:
    """A pool of one identity, whose settings it takes over."""
    first = _identity(account, request)
    _require_free(first, "")
    settings = first.settings if isinstance(first, PhoneNumber) else Settings()
    pool_id = new_id("pool")
    pool = Pool(
        arn=account.arn("pool", pool_id),
        id=pool_id,
        message_type=request["MessageType"],
        settings=replace(settings, deletion_protection=request.get("DeletionProtectionEnabled", False)),
        created=account.clock(),
    )
    _require_message_type(first, pool)
    account.pools[pool_id] = pool
    if isinstance(first, PhoneNumber):
        account.keywords[pool_id] = dict(account.keywords[first.id])
    else:
        account.new_keywords(pool_id)
    _join(account, first, pool_id)
    return {**pool.facts(), "Tags": put_tags(account, pool.arn, request)}


def describe_pools(account: Account, request: _Facts) -> _Facts:
    """All pools, or those that are named."""
    named = [account.pool(reference) for reference in request.get("PoolIds", [])]
    return page([pool.facts() for pool in named or account.pools.values()], request, "Pools")


def update_pool(account: Account, request: _Facts) -> _Facts:
    """Change how a pool takes replies and opt-outs."""
    pool = account.pool(request["PoolId"])
    account.opt_out_list(request.get("OptOutListName", pool.settings.opt_out_list))
    settings = pool.settings.updated(request)
    check_two_way(settings)
    shared = request.get("SharedRoutesEnabled", pool.shared_routes)
    pool = replace(pool, settings=settings, shared_routes=shared)
    account.pools[pool.id] = pool
    return pool.facts()


def delete_pool(account: Account, request: _Facts) -> _Facts:
    """Dissolve a pool; its identities stay."""
    pool = account.pool(request["PoolId"])
    if pool.settings.deletion_protection:
        raise Conflict("DELETION_PROTECTION_ENABLED", f"{pool.id} is protected", "pool", pool.id)
    for identity in account.members(pool.id):
        _leave(account, identity, pool.id)
    del account.pools[pool.id], account.keywords[pool.id]
    account.tags.pop(pool.arn, None)
    return {**pool.facts(), "Status": "DELETING"}


def associate_origination_identity(account: Account, request: _Facts) -> _Facts:
    """Put an identity into a pool."""
    pool = account.pool(request["PoolId"])
    identity = _identity(account, request)
    _require_free(identity, pool.id)
    _require_message_type(identity, pool)
    if isinstance(identity, PhoneNumber):
        _require_same_settings(identity, pool)
    _join(account, identity, pool.id)
    return {**pool.facts(), **identity.identity()}


def disassociate_origination_identity(account: Account, request: _Facts) -> _Facts:
    """Take an identity out of a pool."""
    pool = account.pool(request["PoolId"])
    identity = _identity(account, request)
    if pool.id not in pools_of(identity):
        raise Conflict(
            "PHONE_NUMBER_NOT_ASSOCIATED_TO_POOL",
            f"{name_of(identity.arn)} is not in {pool.id}",
            "pool",
            pool.id,
        )
    if len(account.members(pool.id)) == 1:
        raise Conflict("LAST_PHONE_NUMBER", f"{pool.id} has no other identity", "pool", pool.id)
    _leave(account, identity, pool.id)
    return {**pool.facts(), **identity.identity()}


def list_pool_origination_identities(account: Account, request: _Facts) -> _Facts:
    """The identities of a pool."""
    pool = account.pool(request["PoolId"])
    listed = [identity.identity() for identity in account.members(pool.id)]
    return {**pool.facts(), **page(listed, request, "OriginationIdentities")}


def _identity(account: Account, request: _Facts) -> Identity:
    reference = request["OriginationIdentity"]
    if ":phone-number/" in reference or reference.startswith("phone-"):
        return account.number(reference)
    return account.sender_id(reference, request.get("IsoCountryCode", ""))


def _require_free(identity: Identity, pool_id: str) -> None:
    # A number is in one pool only, a sender id in each once.
    taken = pools_of(identity) if isinstance(identity, PhoneNumber) else {pool_id} & set(pools_of(identity))
    if taken:
        kind = "phone-number" if isinstance(identity, PhoneNumber) else "sender-id"
        name = name_of(identity.arn)
        raise Conflict("RESOURCE_ALREADY_ASSOCIATED", f"{name} is in {', '.join(taken)}", kind, name)


def _require_message_type(identity: Identity, pool: Pool) -> None:
    known = identity.message_types if isinstance(identity, SenderId) else (identity.message_type,)
    if pool.message_type not in known:
        raise Conflict(
            "MESSAGE_TYPE_MISMATCH",
            f"{name_of(identity.arn)} sends {', '.join(known)}, the pool {pool.message_type}",
            "pool",
            pool.id,
        )


def _require_same_settings(number: PhoneNumber, pool: Pool) -> None:
    mine, theirs = number.settings, pool.settings
    two_way = mine.two_way == theirs.two_way and (not mine.two_way or mine.channel_arn == theirs.channel_arn)
    for reason, same in (
        ("TWO_WAY_CONFIG_MISMATCH", two_way),
        ("OPT_OUT_LIST_MISMATCH", mine.opt_out_list == theirs.opt_out_list),
        ("SELF_MANAGED_OPT_OUTS_MISMATCH", mine.self_managed_opt_outs == theirs.self_managed_opt_outs),
    ):
        if not same:
            raise Conflict(reason, f"{number.id} and {pool.id} must have it the same", "pool", pool.id)


def _join(account: Account, identity: Identity, pool_id: str) -> None:
    if isinstance(identity, PhoneNumber):
        account.numbers[identity.id] = replace(identity, pool_id=pool_id)
    else:
        _keep_pools(account, identity, (*identity.pool_ids, pool_id))


def _leave(account: Account, identity: Identity, pool_id: str) -> None:
    if isinstance(identity, PhoneNumber):
        account.numbers[identity.id] = replace(identity, pool_id="")
    else:
        _keep_pools(account, identity, tuple(each for each in identity.pool_ids if each != pool_id))


def _keep_pools(account: Account, sender: SenderId, pool_ids: tuple[str, ...]) -> None:
    account.sender_ids[name_of(sender.arn)] = replace(sender, pool_ids=pool_ids)
