"""What is known of each endpoint: the version that was applied last, and the one that is on its way.

One item an endpoint, by a hash of its id. A claim says which version is in flight, until when at most, and
in whose hands. A claim that ran out may be taken over by the same or a newer version only: what became of
it is not known, so that an older one could still overwrite it.

Items of living endpoints stay; a deleted endpoint's or user's item goes away at `ttl` (epoch seconds).
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from botocore.exceptions import ClientError

_FREE: Final = (
    "(attribute_not_exists(applied) OR applied < :version) AND (attribute_not_exists(flight)"
    " OR holder = :holder OR (lease <= :now AND flight <= :version))"
)
_MINE: Final = "holder = :holder AND flight = :flight"
_BATCH_GET: Final = 100


@dataclass(frozen=True)
class Claimed:
    """The version may be applied now, by the holder alone.

    Attributes:
        endpoint_id: Whose.
        version: What is in flight.
        holder: Who holds the claim.
        applied: The version applied before; None if there was none.
        known: Whether the endpoint exists.
    """

    endpoint_id: str
    version: int
    holder: str
    applied: int | None = None
    known: bool = False


@dataclass(frozen=True)
class Stale:
    """This version or a newer one was applied."""


@dataclass(frozen=True)
class Held:
    """A version is in flight, until `until` (epoch seconds) at most."""

    until: float


Claim: TypeAlias = Claimed | Stale | Held


class EndpointStates:
    """The states in DynamoDB. Safe to use from several threads.

    Args:
        client: A boto3 DynamoDB client.
        table_name: A table keyed by `pk`, with `ttl`.
        keep_deleted: Seconds for which it is remembered that something was deleted.
    """

    def __init__(
        self, client: Any, table_name: str, *, keep_deleted: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table_name
        self._keep_deleted = keep_deleted
        self._clock = clock

    def claim(self, endpoint_id: str, version: int, holder: str, *, lease: float) -> Claim:
        """Ask to apply a version.

        Args:
            holder: Who asks; the same whenever the question is repeated.
            lease: Seconds that it may take.
        """
        now = self._clock()
        try:
            old = self._client.update_item(
                **self._place(_endpoint_key(endpoint_id)),
                UpdateExpression="SET flight = :version, holder = :holder, lease = :lease",
                ConditionExpression=_FREE,
                ExpressionAttributeValues={
                    ":version": {"N": str(version)},
                    ":holder": {"S": holder},
                    ":now": {"N": f"{now:.3f}"},
                    ":lease": {"N": f"{now + lease:.3f}"},
                },
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            ).get("Attributes", {})
        except ClientError as error:
            if not _lost(error):
                raise
            item = error.response["Item"]
            applied = _number(item, "applied")
            if applied is not None and applied >= version:
                return Stale()
            return Held(float(item["lease"]["N"]))
        known = bool(old.get("known", {}).get("BOOL", False))
        return Claimed(endpoint_id, version, holder, _number(old, "applied"), known)

    def applied(self, claim: Claimed, version: int, *, exists: bool, unsure: bool = False) -> bool:
        """Write down that a version was applied; False if the claim is no longer the holder's.

        Args:
            version: The claim's, or an older one of its run.
            exists: Whether the endpoint is there now.
            unsure: Whether a newer one of the run may have been applied, too: it stays in flight.
        """
        now = self._clock()
        values = {
            ":applied": {"N": str(version)},
            ":known": {"BOOL": exists},
            **({":now": {"N": f"{now:.3f}"}} if unsure else {}),
            **({} if exists else {":ttl": {"N": str(int(now + self._keep_deleted))}}),
        }
        sets = ["applied = :applied", "known = :known"]
        removes: list[str] = []
        if unsure:
            sets.append("lease = :now")
        else:
            removes += ["flight", "holder", "lease"]
        if exists:
            removes.append("#ttl")
        else:
            sets.append("#ttl = :ttl")
        removal = f" REMOVE {', '.join(removes)}" if removes else ""
        return self._change(claim, f"SET {', '.join(sets)}{removal}", values, names={"#ttl": "ttl"})

    def release(self, claim: Claimed) -> bool:
        """Give a claim back: its version was surely not applied."""
        if claim.applied is None and self._remove_unless_applied(claim):
            return True
        return self._change(claim, "REMOVE flight, holder, lease", {})

    def suspend(self, claim: Claimed) -> bool:
        """Let the same or a newer version be claimed at once: nobody knows whether this one was applied."""
        return self._change(claim, "SET lease = :now", {":now": {"N": f"{self._clock():.3f}"}})

    def delete_user(self, user_id: str, version: int) -> float | None:
        """Remember that a user was deleted.

        Returns:
            Since when (epoch seconds); None if a newer deletion is known.
        """
        now = self._clock()
        try:
            self._client.update_item(
                **self._place(_user_key(user_id)),
                UpdateExpression="SET applied = :version, since = :now, #ttl = :ttl",
                ConditionExpression="attribute_not_exists(applied) OR applied < :version",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":version": {"N": str(version)},
                    ":now": {"N": f"{now:.3f}"},
                    ":ttl": {"N": str(int(now + self._keep_deleted))},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not _lost(error):
                raise
            item = error.response["Item"]
            return float(item["since"]["N"]) if _number(item, "applied") == version else None
        return now

    def deleted_users(self, user_ids: Collection[str]) -> dict[str, int]:
        """Of some users those that were deleted, each with the version of the deletion."""
        keys = {_user_key(user_id): user_id for user_id in user_ids}
        found: dict[str, int] = {}
        for start in range(0, len(keys), _BATCH_GET):
            chunk = [{"pk": {"S": key}} for key in list(keys)[start : start + _BATCH_GET]]
            request: dict[str, Any] = {self._table: {"Keys": chunk, "ConsistentRead": True}}
            while request:
                answer = self._client.batch_get_item(RequestItems=request)
                for item in answer["Responses"].get(self._table, []):
                    found[keys[item["pk"]["S"]]] = int(item["applied"]["N"])
                request = answer.get("UnprocessedKeys", {})
        return found

    def _remove_unless_applied(self, claim: Claimed) -> bool:
        """An endpoint of which nothing was ever applied leaves no item behind."""
        try:
            self._client.delete_item(
                **self._place(_endpoint_key(claim.endpoint_id)),
                ConditionExpression=f"{_MINE} AND attribute_not_exists(applied)",
                ExpressionAttributeValues=_holding(claim),
            )
        except ClientError as error:
            if not _lost(error):
                raise
            return False
        return True

    def _change(
        self,
        claim: Claimed,
        expression: str,
        values: Mapping[str, Any],
        *,
        names: Mapping[str, str] | None = None,
    ) -> bool:
        named = {"ExpressionAttributeNames": dict(names)} if names else {}
        try:
            self._client.update_item(
                **self._place(_endpoint_key(claim.endpoint_id)),
                UpdateExpression=expression,
                ConditionExpression=_MINE,
                ExpressionAttributeValues={**_holding(claim), **values},
                **named,
            )
        except ClientError as error:
            if not _lost(error):
                raise
            return False
        return True

    def _place(self, key: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": {"pk": {"S": key}}}


def state_keys(endpoint_ids: Iterable[str], user_ids: Iterable[str]) -> list[str]:
    """The partitions of endpoints and users."""
    return [*map(_endpoint_key, endpoint_ids), *map(_user_key, user_ids)]


def _endpoint_key(endpoint_id: str) -> str:
    return f"endpoint#{hashlib.sha256(endpoint_id.lower().encode()).hexdigest()[:40]}"


def _user_key(user_id: str) -> str:
    return f"user#{hashlib.sha256(user_id.encode()).hexdigest()[:40]}"


def _holding(claim: Claimed) -> dict[str, Any]:
    return {":holder": {"S": claim.holder}, ":flight": {"N": str(claim.version)}}


def _number(item: Mapping[str, Any], name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def _lost(error: ClientError) -> bool:
    return bool(error.response["Error"]["Code"] == "ConditionalCheckFailedException")
