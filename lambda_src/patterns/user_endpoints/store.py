"""What is kept of users: the change that is under way, the answers given, and whom a link is for.

One table, keyed by `pk` and `sk`, TTL attribute `ttl`:

- `user#<hash>` / `state`: a lease while a change is made, the open intent, the last answer.
- `user#<hash>` / `change#<hash of the idempotency key>`: the answer given to it.
- `subject#<subject>` / `link`: the user id behind the subject of links.
"""

import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from patterns.user_endpoints.errors import ChangeInProgress
from patterns.user_endpoints.intent import Intent, intent_from_json

KEEP_SECONDS: Final = 30 * 86400
# Longer than the function may run: a holder that is gone has surely ended.
_LEASE_SECONDS: Final = 35.0
_TRIES: Final = 10
_PAUSE: Final = 0.3
_STATE: Final = "state"
_LINK: Final = "link"


@dataclass(frozen=True)
class Given:
    """An answer that was given, to what (its fingerprint), and when (epoch seconds)."""

    fingerprint: str
    at: float
    body: dict[str, Any]

    def to_json(self) -> str:
        """As the store keeps it."""
        return json.dumps(vars(self))


@dataclass(frozen=True)
class Held:
    """A user whose changes nobody else makes meanwhile.

    Attributes:
        pk: The user, hashed.
        holder: Who holds the lease.
        open: A change that was begun and not finished.
        last: The last answer given.
    """

    pk: str
    holder: str
    open: Intent | None
    last: Given | None


class Store:
    """The table. Every write of a user's state asks that the lease is still held.

    Args:
        client: A boto3 DynamoDB client.
        table_name: The table.
        application_id: The project that the users belong to.
    """

    def __init__(
        self,
        client: Any,
        table_name: str,
        application_id: str,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table_name
        self._application_id = application_id
        self._clock = clock
        self._sleep = sleep

    @contextlib.contextmanager
    def held(self, user_id: str) -> Generator[Held]:
        """Hold a user for the length of a `with` block, waiting a little for whoever holds them.

        Raises:
            ChangeInProgress: They went on being held.
        """
        held = self._hold(self.pk(user_id))
        try:
            yield held
        finally:
            # It may have been lost, to who came after the lease.
            with contextlib.suppress(ChangeInProgress):
                self._write(held, "REMOVE lease, holder", {})

    def record(self, held: Held, intent: Intent) -> None:
        """Write down a change before it is made, and how far it has come."""
        self._write(held, "SET intent = :intent, #ttl = :ttl", {":intent": {"S": intent.to_json()}})

    def close(self, held: Held, intent: Intent) -> None:
        """Write down a change's answer; it is open no longer."""
        given = Given(intent.fingerprint, self._clock(), intent.answer)
        if intent.key:
            self.keep(held, intent.key, given)
        self._write(
            held, "SET last_given = :given, #ttl = :ttl REMOVE intent", {":given": {"S": given.to_json()}}
        )

    def keep(self, held: Held, key: str, given: Given) -> None:
        """Keep the answer to an idempotency key."""
        self._client.update_item(
            TableName=self._table,
            Key=_key(held.pk, f"change#{key}"),
            UpdateExpression="SET given = :given, #ttl = :ttl",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={":given": {"S": given.to_json()}, ":ttl": self._ttl()},
        )

    def given(self, held: Held, key: str) -> Given | None:
        """The answer to an idempotency key, if there was one."""
        item = self._get(held.pk, f"change#{key}")
        return Given(**json.loads(item["given"]["S"])) if item else None

    def keep_subject(self, subject: str, user_id: str, until: int) -> None:
        """Remember whom links are for, until the last of them ends (epoch seconds)."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(f"subject#{subject}", _LINK),
                UpdateExpression="SET user_id = :user, #ttl = :until",
                ConditionExpression="attribute_not_exists(pk) OR #ttl < :until",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":user": {"S": user_id}, ":until": {"N": str(until)}},
            )
        except ClientError as error:
            if not _is_refused(error):
                raise

    def user_of(self, subject: str) -> str | None:
        """Whom links of a subject are for."""
        item = self._get(f"subject#{subject}", _LINK)
        return str(item["user_id"]["S"]) if item else None

    def keys_of(self, user_id: str, subjects: Iterable[str]) -> list[dict[str, Any]]:
        """The keys of all of a user's items: what was answered, what is open, and whom links are for."""
        pk = self.pk(user_id)
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ProjectionExpression="pk, sk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
        keys: list[dict[str, Any]] = [item for page in pages for item in page["Items"]]
        return keys + [_key(f"subject#{subject}", _LINK) for subject in subjects]

    def pk(self, user_id: str) -> str:
        """The partition of a user."""
        return "user#" + hashlib.sha256(f"{self._application_id}\n{user_id}".encode()).hexdigest()

    def _hold(self, pk: str) -> Held:
        holder = uuid.uuid4().hex
        for attempt in range(_TRIES):
            if attempt:
                self._sleep(_PAUSE)
            item = self._take(pk, holder)
            if item is not None:
                intent, last = item.get("intent"), item.get("last_given")
                return Held(
                    pk,
                    holder,
                    intent_from_json(intent["S"]) if intent else None,
                    Given(**json.loads(last["S"])) if last else None,
                )
        raise _in_progress()

    def _take(self, pk: str, holder: str) -> dict[str, Any] | None:
        now = self._clock()
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(pk, _STATE),
                UpdateExpression="SET lease = :lease, holder = :holder, #ttl = :ttl",
                ConditionExpression="attribute_not_exists(lease) OR lease <= :now",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":lease": {"N": str(now + _LEASE_SECONDS)},
                    ":now": {"N": str(now)},
                    ":holder": {"S": holder},
                    ":ttl": self._ttl(),
                },
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if _is_refused(error):
                return None
            raise
        attributes: dict[str, Any] = answer["Attributes"]
        return attributes

    def _write(self, held: Held, expression: str, values: dict[str, Any]) -> None:
        with_ttl = "#ttl" in expression
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(held.pk, _STATE),
                UpdateExpression=expression,
                ConditionExpression="holder = :holder",
                **({"ExpressionAttributeNames": {"#ttl": "ttl"}} if with_ttl else {}),
                ExpressionAttributeValues={
                    ":holder": {"S": held.holder},
                    **({":ttl": self._ttl()} if with_ttl else {}),
                    **values,
                },
            )
        except ClientError as error:
            if _is_refused(error):
                raise _in_progress() from None
            raise

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        item: dict[str, Any] | None = self._client.get_item(
            TableName=self._table, Key=_key(pk, sk), ConsistentRead=True
        ).get("Item")
        # What is past its time may be there for two days more.
        return item if item and int(item["ttl"]["N"]) > self._clock() else None

    def _ttl(self) -> dict[str, str]:
        return {"N": str(int(self._clock()) + KEEP_SECONDS)}


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _is_refused(error: ClientError) -> bool:
    return bool(error.response["Error"]["Code"] == "ConditionalCheckFailedException")


def _in_progress() -> ChangeInProgress:
    return ChangeInProgress("another change of this user is being made: try again", retry_after=1)
