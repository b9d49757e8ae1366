"""Taking a batch over from Pinpoint: each endpoint's message is queued before the answer."""

import time
import uuid
from typing import Any

from patterns.custom_channel.invocation import messages
from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime.queues import Letter, enqueue


def accept(event: object, sqs: Any, queue_url: str) -> list[ChannelMessage]:
    """Queue the messages of a batch.

    Args:
        event: What Pinpoint hands over.
        sqs: A boto3 SQS client.
        queue_url: The channel's queue.

    Raises:
        InvocationUnreadable: It is no batch of a custom channel.
        EnqueueFailed: The queue did not take all of it; Pinpoint repeats the batch.
    """
    accepted = list(messages(event, owner=uuid.uuid4().hex, now_ms=time.time_ns() // 1_000_000))
    enqueue(sqs, queue_url, (Letter(message.to_json()) for message in accepted))
    return accepted
