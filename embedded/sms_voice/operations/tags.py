"""Tags of resources."""

from collections.abc import Mapping
from typing import Any, Final

from embedded.sms_voice.account import Account
from embedded.sms_voice.errors import Invalid, NotFound, QuotaExceeded
from embedded.sms_voice.resources import name_of

_Facts = dict[str, Any]
_MOST: Final = 50


def tag_resource(account: Account, request: _Facts) -> _Facts:
    """Add tags to a resource, or change their values."""
    _require(account, request["ResourceArn"])
    put_tags(account, request["ResourceArn"], request)
    return {}


def untag_resource(account: Account, request: _Facts) -> _Facts:
    """Take tags off a resource."""
    _require(account, request["ResourceArn"])
    tags = account.tags.get(request["ResourceArn"], {})
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(account: Account, request: _Facts) -> _Facts:
    """The tags of a resource."""
    _require(account, request["ResourceArn"])
    return {"ResourceArn": request["ResourceArn"], "Tags": _listed(account, request["ResourceArn"])}


def put_tags(account: Account, arn: str, request: _Facts) -> list[dict[str, str]]:
    """Keep the tags of a request, and list all that the resource has.

    Raises:
        QuotaExceeded: They are too many.
    """
    tags = {**account.tags.get(arn, {}), **{tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}}
    if len(tags) > _MOST:
        raise QuotaExceeded("TAGS_PER_RESOURCE", f"A resource has at most {_MOST} tags, got {len(tags)}")
    account.tags[arn] = tags
    return _listed(account, arn)


def _listed(account: Account, arn: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in account.tags.get(arn, {}).items()]


def _require(account: Account, arn: str) -> None:
    kinds: dict[str, Mapping[str, object]] = {
        "phone-number": account.numbers,
        "sender-id": account.sender_ids,
        "pool": account.pools,
        "opt-out-list": account.opt_out_lists,
        "configuration-set": account.configuration_sets,
    }
    kind = arn.rpartition(":")[2].partition("/")[0]
    if kind not in kinds:
        raise Invalid("INVALID_ARN", f"{arn} is not the ARN of a resource that has tags")
    if name_of(arn) not in kinds[kind] or arn != account.arn(kind, name_of(arn)):
        raise NotFound(kind, arn)
