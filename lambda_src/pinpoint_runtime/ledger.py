"""A ledger of sends: each key is claimed before a call goes out and settled after its answer.

One item a key. A claim is a lease: if it runs out, its holder died between sending and writing down the
answer, and nobody knows whether the message went out. Keys have one owner, the unit of work that first
claimed them; another owner's claim is a duplicate of that work.

The table's partition key is `pk`, its TTL attribute `ttl` (epoch seconds).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from botocore.exceptions import ClientError


class State(StrEnum):
    """What an item says. OPEN was tried, surely not sent, and may be tried again."""

    CLAIMED = "CLAIMED"
    OPEN = "OPEN"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Claimed:
    """The caller may send now. `attempts` counts this one; `lost` says that an earlier answer was lost."""

    key: str
    attempts: int
    lost: bool = False
    generation: int = 0


@dataclass(frozen=True)
class Settled:
    """It is over: nothing may be sent."""

    state: State
    reason: str


@dataclass(frozen=True)
class Held:
    """Another worker is sending this very work at the moment, until `until` (epoch seconds) at most."""

    until: float


@dataclass(frozen=True)
class Duplicate:
    """Another unit of work has this key, and answers for it."""


Claim: TypeAlias = Claimed | Settled | Held | Duplicate

LEASE_EXPIRED: Final = "lease_expired"
_FREE: Final = "attribute_not_exists(pk)"
_UNTRIED: Final = "st = :open OR (st = :failed AND generation < :generation)"
_REPEATABLE: Final = "(st = :claimed AND lease <= :now) OR (st = :unknown AND generation < :generation)"


class Ledger:
    """Claims and settlements in DynamoDB. Safe to use from several threads.

    Args:
        client: A boto3 DynamoDB client.
        table_name: The table.
        lease: Seconds a send may take; longer than the worker's timeout, shorter than the time after which
            its work is delivered again.
        keep: Seconds after which a key is forgotten, and could be sent again.
    """

    def __init__(
        self,
        client: Any,
        table_name: str,
        *,
        lease: float = 90.0,
        keep: float = 30 * 86400.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._table = table_name
        self._lease = lease
        self._keep = keep
        self._clock = clock

    def claim(self, key: str, *, owner: str = "", generation: int = 0, repeatable: bool = False) -> Claim:
        """Ask to send.

        Args:
            key: What must go out once.
            owner: The unit of work that asks; the same when it is delivered again.
            generation: Raised when failed work is put back by a person: it may then be tried anew.
            repeatable: Whether a send whose answer was lost may be repeated, because the receiver knows the
                key. Otherwise a lost one is settled as UNKNOWN here.
        """
        now = self._clock()
        try:
            old = self._take(key, owner, generation, repeatable=repeatable, now=now)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return self._refused(key, owner, error.response["Item"], now)
        attempts = int(old.get(_attempts(generation), {"N": "0"})["N"]) + 1
        lost = old.get("lost", {}).get("BOOL", False) or old.get("st", {}).get("S") == State.CLAIMED
        return Claimed(key, attempts, lost, generation)

    def settle(self, claimed: Claimed, state: State, reason: str = "") -> None:
        """Write down how it ended."""
        self._settle(claimed.key, state, reason)

    def reopen(self, claimed: Claimed, *, counts: bool, lost: bool = False) -> None:
        """Let it be claimed again: it was not sent, or the receiver knows the key.

        Args:
            counts: Whether this was an attempt. A receiver that asks for patience has not failed.
            lost: Whether the answer was lost, so that the last word on it can no longer be "not sent".
        """
        self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": claimed.key}},
            UpdateExpression="SET st = :open, lost = :lost ADD #attempts :correction",
            ExpressionAttributeNames={"#attempts": _attempts(claimed.generation)},
            ExpressionAttributeValues={
                ":open": {"S": State.OPEN},
                ":lost": {"BOOL": lost or claimed.lost},
                ":correction": {"N": "0" if counts else "-1"},
            },
        )

    def _take(self, key: str, owner: str, generation: int, *, repeatable: bool, now: float) -> dict[str, Any]:
        """Claim the item, and give back what it held before."""
        states = {":open": State.OPEN, ":failed": State.FAILED}
        if repeatable:
            states |= {":unknown": State.UNKNOWN}
        condition = f"{_UNTRIED} OR {_REPEATABLE}" if repeatable else _UNTRIED
        values = {
            ":claimed": {"S": State.CLAIMED},
            ":owner": {"S": owner},
            ":lease": {"N": str(now + self._lease)},
            ":generation": {"N": str(generation)},
            ":ttl": {"N": str(int(now + self._keep))},
            ":one": {"N": "1"},
            **{name: {"S": state} for name, state in states.items()},
        }
        if repeatable:
            values[":now"] = {"N": str(now)}
        answer = self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": key}},
            UpdateExpression=(
                "SET st = :claimed, #owner = :owner, lease = :lease, generation = :generation, #ttl = :ttl"
                " REMOVE reason ADD #attempts :one"
            ),
            ConditionExpression=f"{_FREE} OR (#owner = :owner AND ({condition}))",
            ExpressionAttributeNames={
                "#owner": "owner",
                "#ttl": "ttl",
                "#attempts": _attempts(generation),
            },
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        old: dict[str, Any] = answer.get("Attributes", {})
        return old

    def _refused(self, key: str, owner: str, item: dict[str, Any], now: float) -> Claim:
        if item["owner"]["S"] != owner:
            return Duplicate()
        state = State(item["st"]["S"])
        if state is not State.CLAIMED:
            return Settled(state, item.get("reason", {}).get("S", ""))
        until = float(item["lease"]["N"])
        if until > now:
            return Held(until)
        self._settle(key, State.UNKNOWN, LEASE_EXPIRED)
        return Settled(State.UNKNOWN, LEASE_EXPIRED)

    def _settle(self, key: str, state: State, reason: str) -> None:
        self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": key}},
            UpdateExpression="SET st = :state, reason = :reason",
            ExpressionAttributeValues={":state": {"S": state}, ":reason": {"S": reason}},
        )


def _attempts(generation: int) -> str:
    """Each generation counts its own attempts."""
    return f"attempts{generation}"
