"""Whether the caller of a request may do what it asks, for the services that the embedded AWS adds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from embedded.ministack_names import find

_EVALUATOR: Final = "ministack.core.iam_evaluator"
_ROUTER: Final = "ministack.core.router"


@dataclass(frozen=True)
class Refusal:
    """Why not, in AWS's words.

    Attributes:
        code: `AccessDeniedException`, or that of a key which is not valid.
    """

    code: str
    message: str


def caller_refusal(
    headers: dict[str, str],
    query: dict[str, list[str]],
    action: str,
    resource: str,
    *,
    keys: Mapping[str, Any] | None = None,
) -> Refusal | None:
    """Why the caller may not do something, or None; the signature itself was checked before.

    Args:
        headers: Of the request.
        query: Of the request, which a presigned one has its key in.
        action: Such as `sms-voice:SendTextMessage`.
        resource: An ARN, or `*`.
        keys: Condition keys that AWS fills for the action.
    """
    denied: Any = find(f"{_EVALUATOR}.enforce")(
        find(f"{_ROUTER}.extract_access_key_id")(headers, query),
        action,
        action.partition(":")[0],
        find(f"{_ROUTER}.extract_region")(headers, query),
        resource_arn=resource,
        service_context=dict(keys or {}),
    )
    if denied is None:
        return None
    if isinstance(denied, find(f"{_EVALUATOR}.AuthError")):
        return Refusal(denied.code, denied.message)
    reason = (
        "with an explicit deny in an identity-based policy"
        if denied.decision == "Deny"
        else f"because no identity-based policy allows the {action} action"
    )
    denial = f"User: {denied.principal_arn} is not authorized to perform: {action} on resource: {resource}"
    return Refusal("AccessDeniedException", f"{denial} {reason}")
