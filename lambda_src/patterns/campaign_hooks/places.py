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
            version, all_taken = self._read(user)
            oldest = int((self.clock() - self.window) * 1000)
            taken = {name: moment for name, moment in all_taken.items() if moment > oldest}
            free = max(0, self.most - len(taken))
            new = [name for name in dict.fromkeys(wanted) if name not in taken][:free]
            granted = frozenset(name for name in wanted if name in taken or name in new)
            if not new:
                return granted
            now = int(self.clock() * 1000)
            if self._write(user, version, {**taken, **dict.fromkeys(new, now)}):
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

    def _read(self, user: str) -> tuple[int, dict[str, int]]:
        item = self.client.get_item(
            TableName=self.table_name, Key={"pk": {"S": user}}, ConsistentRead=True
        ).get("Item")
        if not item:
            return 0, {}
        places = {name: int(moment["N"]) for name, moment in item["places"]["M"].items()}
        return int(item["version"]["N"]), places

    def _write(self, user: str, version: int, places: Mapping[str, int]) -> bool:
        """Write if nobody else has since it was read."""
        item = {
            "pk": {"S": user},
            "version": {"N": str(version + 1)},
            "places": {"M": {name: {"N": str(moment)} for name, moment in places.items()}},
            "ttl": {"N": str(int(self.clock() + self.window) + _MARGIN_SECONDS)},
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
        try:
            self.client.put_item(TableName=self.table_name, Item=item, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


def user_key(application_id: str, user_id: str, endpoint_id: str) -> str:
    """Whose places: the user's or, without one, the endpoint's. A digest: user ids may name people."""
    who = f"user\n{user_id}" if user_id else f"endpoint\n{endpoint_id}"
    return hashlib.sha256(f"{application_id}\n{who}".encode()).hexdigest()


def place(run: str, endpoint_id: str) -> str:
    """The place of the one message that a run has for an endpoint."""
    return hashlib.sha256(f"{run}\n{endpoint_id}".encode()).hexdigest()[:24]
