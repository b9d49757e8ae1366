"""Each message as an item that an app reads when it opens.

One partition a reader: `USER#<user id>`, or `ENDPOINT#<endpoint id>` for an endpoint without a user. The
sort key begins with the time of acceptance, so that a query backwards gives the newest first. `ttl` is
epoch seconds. No address is kept.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.webhook import Accepted, Outcome, Rejected, RetryLater


@dataclass(frozen=True)
class InboxAdapter:
    """Writes messages.

    Attributes:
        dynamodb: A boto3 client.
        table_name: The inbox.
        keep: Seconds after which an item goes away.
        repeatable: The same message is the same item.
    """

    dynamodb: Any
    table_name: str
    keep: float
    clock: Callable[[], float] = time.time
    repeatable: bool = True

    def send(self, message: ChannelMessage) -> Outcome:
        try:
            self.dynamodb.put_item(
                TableName=self.table_name,
                Item=inbox_item(message, expires_at=int(self.clock() + self.keep)),
                # What the app has noted on an item since, such as that it was read, must stay.
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            return _outcome(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return RetryLater(type(error).__name__)
        return Accepted(200)


def inbox_item(message: ChannelMessage, *, expires_at: int) -> dict[str, Any]:
    """The item of a message."""
    reader = f"USER#{message.user_id}" if message.user_id else f"ENDPOINT#{message.endpoint_id}"
    texts = {
        "pk": reader,
        "sk": f"{message.accepted_at:015d}#{message.key}",
        "message_key": message.key,
        "endpoint_id": message.endpoint_id,
        "data": message.data,
        "attributes": json.dumps(dict(message.attributes)),
        "user_attributes": json.dumps(dict(message.user_attributes)),
        "campaign_id": message.campaign_id,
        "campaign_activity_id": message.activity_id,
        "journey_id": message.journey_id,
    }
    return {
        **{name: {"S": text} for name, text in texts.items()},
        "created_at": {"N": str(message.accepted_at)},
        "ttl": {"N": str(expires_at)},
    }


def adapter() -> InboxAdapter:
    """The adapter that the function's settings describe."""
    return InboxAdapter(
        client("dynamodb"), settings.text("INBOX_TABLE"), keep=settings.whole_number("INBOX_KEEP_SECONDS")
    )


def _outcome(code: str) -> Outcome:
    if code == "ConditionalCheckFailedException":
        return Accepted(200)
    if code == "ValidationException":
        return Rejected("item_refused")
    return RetryLater(code)
