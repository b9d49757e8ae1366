"""Places of a user in a window: at most N messages, exact however many hooks run at the same time.

One item a user, `pk` = a digest of project and user: a map from place to the moment it was taken (epoch
milliseconds), and a version that every write raises. A place is named by run and endpoint, so that a hook
that is called again finds its own.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from patterns.campaign_hooks.filters import Deadline

_MARGIN_SECONDS: Final = 86400
# Of a transaction as well as of a batch of reads.
_MOST_TOGETHER: Final = 100


class OutOfTime(Exception):
    """Nothing was decided before the deadline."""


@dataclass(frozen=True)
class Places:
    """The table of places.

    Attributes:
        client: A boto3 DynamoDB client.
        table_name: The table; partition key `pk`, TTL attribute `ttl`.
        most: Messages a user may get.
        window: Seconds in which.
        clock: Epoch seconds.
    """

    client: Any
    table_name: str
    most: int
    window: float
    clock: Callable[[], float] = time.time

    def take_together(self, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, frozenset[str]]:
        """Take the places of many users in one transaction: two calls in the place of two for each user.

        Args:
            wanted: By user, what `take` takes.

        Returns:
            The users that are decided, with their places; the rest, which is nobody or everybody who wants
            a new place, is for `take`: another hook was at one of them at this very moment.
        """
        read = self._read_many(list(wanted)[:_MOST_TOGETHER])
        granted: dict[str, frozenset[str]] = {}
        writes: list[dict[str, Any]] = []
        for user, (version, taken) in read.items():
            names, new = self._grant(taken, wanted[user])
            granted[user] = names
            if new is not None:
                writes.append({"Put": self._put(user, version, new)})
        if writes and not self._write_together(writes):
            changed = {write["Put"]["Item"]["pk"]["S"] for write in writes}
            return {user: names for user, names in granted.items() if user not in changed}
        return granted

    def take(self, user: str, wanted: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """Take places, as many of the wanted ones as are free, the first first.

        Args:
            user: From `user_key`.
            wanted: From `place`; those taken before are given again.
            deadline: When to stop trying.

        Returns:
            The places that are taken now.

        Raises:
            OutOfTime: The deadline came first; nothing is promised.
        """
        while deadline.left > 0:
            version, taken = self._read(user)
            granted, new = self._grant(taken, wanted)
            if new is None or self._write(user, version, new):
                return granted
        raise OutOfTime

    def give_back(self, user: str, name: str) -> bool:
        """Free a place: its message was not sent. Answers whether it was taken."""
        try:
            self.client.update_item(
                TableName=self.table_name,
                Key={"pk": {"S": user}},
                UpdateExpression="REMOVE places.#place ADD version :one",
                ConditionExpression="attribute_exists(places.#place)",
                ExpressionAttributeNames={"#place": name},
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _grant(
        self, all_taken: Mapping[str, int], wanted: Sequence[str]
    ) -> tuple[frozenset[str], dict[str, int] | None]:
        """Which of the wanted places are granted, and all places then; None if none of them is new."""
        oldest = int((self.clock() - self.window) * 1000)
        taken = {name: moment for name, moment in all_taken.items() if moment > oldest}
        free = max(0, self.most - len(taken))
        new = [name for name in dict.fromkeys(wanted) if name not in taken][:free]
        granted = frozenset(name for name in wanted if name in taken or name in new)
        now = int(self.clock() * 1000)
        return granted, {**taken, **dict.fromkeys(new, now)} if new else None

    def _read_many(self, users: Sequence[str]) -> dict[str, tuple[int, dict[str, int]]]:
        keys = [{"pk": {"S": user}} for user in users]
        answer = self.client.batch_get_item(
            RequestItems={self.table_name: {"Keys": keys, "ConsistentRead": True}}
        )
        left = answer.get("UnprocessedKeys", {}).get(self.table_name, {}).get("Keys", [])
        unread = {key["pk"]["S"] for key in left}
        found = {item["pk"]["S"]: _places_of(item) for item in answer["Responses"].get(self.table_name, [])}
        return {user: found.get(user, (0, {})) for user in users if user not in unread}

    def _write_together(self, writes: list[dict[str, Any]]) -> bool:
        try:
            self.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error.response["Error"]["Code"] == "TransactionCanceledException":
                return False
            raise
        return True

    def _read(self, user: str) -> tuple[int, dict[str, int]]:
        item = self.client.get_item(
            TableName=self.table_name, Key={"pk": {"S": user}}, ConsistentRead=True
        ).get("Item")
        return _places_of(item) if item else (0, {})

    def _write(self, user: str, version: int, places: Mapping[str, int]) -> bool:
        """Write if nobody else has since it was read."""
        try:
            self.client.put_item(**self._put(user, version, places))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _put(self, user: str, version: int, places: Mapping[str, int]) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self.table_name,
            "Item": {
                "pk": {"S": user},
                "version": {"N": str(version + 1)},
                "places": {"M": {name: {"N": str(moment)} for name, moment in places.items()}},
                "ttl": {"N": str(int(self.clock() + self.window) + _MARGIN_SECONDS)},
            },
        }
        if not version:
            return put | {"ConditionExpression": "attribute_not_exists(pk)"}
        return put | {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(version)}},
        }


def _places_of(item: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    places = {name: int(moment["N"]) for name, moment in item["places"]["M"].items()}
    return int(item["version"]["N"]), places


def user_key(application_id: str, user_id: str, endpoint_id: str) -> str:
    """Whose places: the user's or, without one, the endpoint's, whose id knows no case.

    A digest: user ids may name people.
    """
    who = f"user\n{user_id}" if user_id else f"endpoint\n{endpoint_id.lower()}"
    return hashlib.sha256(f"{application_id}\n{who}".encode()).hexdigest()


def place(run: str, endpoint_id: str) -> str:
    """The place of the one message that a run has for an endpoint."""
    return hashlib.sha256(f"{run}\n{endpoint_id}".encode()).hexdigest()[:24]
