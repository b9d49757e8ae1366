"""Each request id is taken once: by the message of the queue that first brought it."""

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from botocore.exceptions import ClientError


class Acceptance(Enum):
    """What a request is to the sender."""

    ACCEPTED = auto()
    """New, or the same message delivered again: it goes on."""
    REPEATED = auto()
    """Another message with the same request: the first one answers for it."""
    OTHER_CONTENT = auto()
    """The request id was used for something else."""


class Acceptances:
    """The requests that were taken, in the ledger's table.

    Args:
        client: A boto3 DynamoDB client.
        table_name: The table.
        keep: Seconds after which a request id is forgotten.
    """

    def __init__(
        self, client: Any, table_name: str, *, keep: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table_name
        self._keep = keep
        self._clock = clock

    def accept(self, request_id: str, *, message_id: str, digest: str) -> Acceptance:
        """Take a request.

        Args:
            request_id: The producer's.
            message_id: That of the queue.
            digest: Of content and recipients.
        """
        item = {
            "pk": {"S": f"request#{request_id}"},
            "owner": {"S": message_id},
            "digest": {"S": digest},
            "ttl": {"N": str(int(self._clock() + self._keep))},
        }
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR (#owner = :owner AND digest = :digest)",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": item["owner"], ":digest": item["digest"]},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            first = error.response["Item"]["digest"]["S"]
            return Acceptance.REPEATED if first == digest else Acceptance.OTHER_CONTENT
        return Acceptance.ACCEPTED
