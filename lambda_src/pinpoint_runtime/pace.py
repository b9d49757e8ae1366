"""A pace that all workers keep together: each call has a slot in time, handed out by one item of a table.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html#quotas-api for the rates.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

# A slot is not taken too far ahead: whoever would wait longer comes again from the queue.
_LONGEST_WAIT: Final = 10.0


class TooBusy(Exception):
    """The next free slot is too far away."""


class Pace:
    """Slots of an equal length, one a call, whoever calls.

    Args:
        client: A boto3 DynamoDB client.
        table_name: A table keyed by `pk`.
        name: What is paced.
        per_second: Calls a second.
    """

    def __init__(
        self,
        client: Any,
        table_name: str,
        name: str,
        *,
        per_second: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._place = {"TableName": table_name, "Key": {"pk": {"S": f"pace#{name}"}}}
        self._length = 1 / per_second
        self._clock = clock
        self._sleep = sleep

    def wait(self) -> None:
        """Return when it is the caller's turn.

        Raises:
            TooBusy: That would be too late.
        """
        slot = self._slot()
        if (ahead := slot - self._clock()) > 0:
            self._sleep(ahead)

    def _slot(self) -> float:
        while True:
            now = self._clock()
            # First behind those who wait, then, if nobody does, at once; whoever loses a race asks again.
            if (slot := self._behind_others(now)) is not None:
                return slot
            if self._at_once(now):
                return now

    def _behind_others(self, now: float) -> float | None:
        try:
            old = self._client.update_item(
                **self._place,
                UpdateExpression="SET slot = slot + :length",
                ConditionExpression="slot BETWEEN :now AND :latest",
                ExpressionAttributeValues={
                    ":length": {"N": f"{self._length:.6f}"},
                    ":now": {"N": f"{now:.6f}"},
                    ":latest": {"N": f"{now + _LONGEST_WAIT:.6f}"},
                },
                ReturnValues="UPDATED_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            item: dict[str, Any] = error.response.get("Item", {})
            if item and float(item["slot"]["N"]) > now + _LONGEST_WAIT:
                raise TooBusy from None
            return None
        return float(old["Attributes"]["slot"]["N"])

    def _at_once(self, now: float) -> bool:
        try:
            self._client.update_item(
                **self._place,
                UpdateExpression="SET slot = :next",
                ConditionExpression="attribute_not_exists(slot) OR slot < :now",
                ExpressionAttributeValues={
                    ":next": {"N": f"{now + self._length:.6f}"},
                    ":now": {"N": f"{now:.6f}"},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
