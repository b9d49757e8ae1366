"""Change 3: roles that Pinpoint may assume can be assumed by the engine's delivery role as well.

An AssumeRole call from a Lambda function carries no `aws:SourceArn`: the engine says on whose behalf it
acts by `sts:ExternalId`, which it sets to the ARN of the application or campaign.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.intrinsics import Intrinsics, as_list

_PINPOINT: Final = re.compile(r"pinpoint(\.[^.]+)?\.amazonaws\.com(\.cn)?")
_SOURCE_ARN: Final = "aws:sourcearn"
_SOURCE_ACCOUNT: Final = "aws:sourceaccount"
_EXTERNAL_ID: Final = "sts:externalid"
_ASSUME: Final = ("sts:assumerole", "sts:*", "*")
# The ARN operators see wildcards, StringEquals does not.
_ON_EXTERNAL_ID: Final = {
    "ArnLike": "StringLike",
    "ArnEquals": "StringLike",
    "StringLike": "StringLike",
    "StringEquals": "StringEquals",
    "ArnNotLike": "StringNotLike",
    "ArnNotEquals": "StringNotLike",
    "StringNotLike": "StringNotLike",
    "StringNotEquals": "StringNotEquals",
}


def is_pinpoint(principal: str) -> bool:
    """Whether this is Pinpoint's service principal, regional or not."""
    return _PINPOINT.fullmatch(principal) is not None


def trusting_the_engine(statement: Mapping[str, Any], delivery_role_arn: Any) -> dict[str, Any] | None:
    """The statement that lets the engine in as this one lets Pinpoint in; None if it does not.

    Args:
        statement: Of a role's trust policy, as a template has it.
        delivery_role_arn: The engine's role.

    Raises:
        NotTranslatable: A condition has no equivalent.
    """
    if not _is_about_pinpoint(statement):
        return None
    if not any(str(action).lower() in _ASSUME for action in as_list(statement.get("Action"))):
        return None
    result: dict[str, Any] = {
        "Effect": statement["Effect"],
        "Principal": {"AWS": delivery_role_arn},
        "Action": "sts:AssumeRole",
    }
    conditions = _conditions(statement.get("Condition") or {})
    if conditions:
        result["Condition"] = conditions
    return result


def _is_about_pinpoint(statement: Mapping[str, Any]) -> bool:
    if "NotPrincipal" in statement and any(_services(statement["NotPrincipal"])):
        raise NotTranslatable(
            "the role's trust policy uses NotPrincipal", "name the principals that it trusts"
        )
    return any(is_pinpoint(service) for service in _services(statement.get("Principal")))


def _services(principal: Any) -> list[str]:
    if not isinstance(principal, Mapping):
        return []
    intrinsics = Intrinsics()
    return [intrinsics.text(service) for service in as_list(principal.get("Service"))]


def _conditions(conditions: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, dict[str, Any]] = {}
    for operator, keys in conditions.items():
        for key, value in keys.items():
            lowered = key.lower()
            if lowered == _SOURCE_ACCOUNT:
                # The delivery role is of this account, and acts for this account's applications only.
                continue
            if lowered == _EXTERNAL_ID:
                raise NotTranslatable(
                    "the role uses sts:ExternalId already",
                    "leave the external id to the engine, use aws:SourceArn",
                )
            bare = operator.removesuffix("IfExists")
            if lowered != _SOURCE_ARN or bare not in _ON_EXTERNAL_ID:
                raise NotTranslatable(
                    f"the condition {operator} on {key} in the role's trust policy has no equivalent",
                    "use ArnLike on aws:SourceArn and StringEquals on aws:SourceAccount",
                )
            result.setdefault(_ON_EXTERNAL_ID[bare], {})["sts:ExternalId"] = value
    return result
