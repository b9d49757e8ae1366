"""Which campaigns may have which function called: what a permission's source conditions said.

On AWS the service names the campaign it acts for, and the function's policy checks it. The engine's
delivery role cannot be told apart by campaign there, so the conditions of a hosted stack's permissions
are kept here, and are checked before each call: application B cannot name application A's function.

See https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from engine.store import Item, Key, Put, Store

_ARN_PARTS: Final = 6


@dataclass(frozen=True)
class Grant:
    """One permission's conditions.

    Attributes:
        function: The function's name or ARN.
        source_arns: ARNs of applications or campaigns, with IAM's wildcards; empty admits all of the account.
        source_account: The account of the applications; empty for this one.
    """

    function: str
    source_arns: tuple[str, ...] = ()
    source_account: str = ""

    def admits(self, source_arn: str) -> bool:
        """Whether a function may be called on behalf of this application or campaign."""
        account = source_arn.split(":")[4] if source_arn.count(":") >= _ARN_PARTS - 1 else ""
        if self.source_account and self.source_account != account:
            return False
        return not self.source_arns or any(arn_like(pattern, source_arn) for pattern in self.source_arns)


def function_name(function: str) -> str:
    """The name in a function's name or ARN, without account, alias or version."""
    parts = function.split(":")
    if parts[0] == "arn":
        return parts[6]
    # `<account>:function:<name>` is a short form that Lambda takes as well.
    return parts[2] if len(parts) > 2 and parts[1] == "function" else parts[0]


def grant_key(function: str, grant_id: str) -> Key:
    """Where a grant is: all of a function's are in one partition."""
    return Key(f"GRANT#{function_name(function)}", grant_id)


def put_grant(store: Store, grant_id: str, grant: Grant) -> None:
    """Record a grant, or change it."""
    document = {
        "FunctionArn": grant.function,
        "SourceArn": list(grant.source_arns),
        "SourceAccount": grant.source_account,
    }
    store.put(Put(grant_key(grant.function, grant_id), document))


def grants_of(store: Store, function: str) -> list[Grant]:
    """The grants of a function, none if no hosted stack speaks of it."""
    return [_grant(item) for item in store.query(grant_key(function, "").pk)]


def admitted(grants: Sequence[Grant], source_arn: str) -> bool:
    """Whether a call is in order: one grant admits it, or there is none and the function's policy decides."""
    return not grants or any(grant.admits(source_arn) for grant in grants)


def arn_like(pattern: str, arn: str) -> bool:
    """Whether an ARN is like a pattern, part by part as IAM compares them: `*` crosses no colon."""
    if pattern == "*":
        return True
    wanted, given = pattern.split(":", _ARN_PARTS - 1), arn.split(":", _ARN_PARTS - 1)
    if len(wanted) != _ARN_PARTS or len(given) != _ARN_PARTS:
        return False
    return all(fnmatchcase(part, like.replace("[", "[[]")) for like, part in zip(wanted, given, strict=True))


def _grant(item: Item) -> Grant:
    return Grant(
        function=item.doc["FunctionArn"],
        source_arns=tuple(item.doc["SourceArn"]),
        source_account=item.doc["SourceAccount"],
    )
