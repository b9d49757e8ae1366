"""Who has been given which offer. What the table says holds, whatever the sets come to say later.

One item a holder and set: `pk` is a digest of project and holder, since ids may name people; `sk` is the
set. `ttl` is epoch seconds.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from channels.offer.sets import OfferSet, holder


@dataclass(frozen=True)
class Assignments:
    """The table.

    Attributes:
        dynamodb: A boto3 client.
        table_name: Keys `pk` and `sk`, TTL attribute `ttl`.
        keep: Seconds for which an assignment holds.
        clock: Epoch seconds.
    """

    dynamodb: Any
    table_name: str
    keep: float
    clock: Callable[[], float] = time.time

    def assign(self, application_id: str, who: str, offers: OfferSet) -> str:
        """The offer that somebody has been given, now or before: whoever writes first decides.

        Raises:
            ClientError: The table did not answer; nothing is promised.
        """
        offer = offers.choose(application_id, who)
        now = self.clock()
        key = {"pk": {"S": holder_key(application_id, who)}, "sk": {"S": offers.name}}
        try:
            self.dynamodb.put_item(
                TableName=self.table_name,
                Item={
                    **key,
                    "offer": {"S": offer},
                    "assigned_at": {"N": str(int(now * 1000))},
                    "ttl": {"N": str(int(now + self.keep))},
                },
                # TTL deletes within days: what has run out does not hold any longer.
                ConditionExpression="attribute_not_exists(pk) OR #ttl <= :now",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":now": {"N": str(int(now))}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            held: str = error.response["Item"]["offer"]["S"]
            return held
        return offer

    def forget(self, application_id: str, user_id: str, endpoint_id: str = "") -> int:
        """Erase what a user, or an endpoint without one, has been given. Answers how many items it was."""
        pk = {"S": holder_key(application_id, holder(user_id, endpoint_id))}
        found = self.dynamodb.query(
            TableName=self.table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": pk},
            ProjectionExpression="pk, sk",
        )["Items"]
        for key in found:
            self.dynamodb.delete_item(TableName=self.table_name, Key=key)
        return len(found)


def holder_key(application_id: str, who: str) -> str:
    """The partition of a holder."""
    return hashlib.sha256(f"{application_id}\n{who}".encode()).hexdigest()
