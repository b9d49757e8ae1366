"""Taking messages out of a queue without losing those that arrive at that moment.

ministack deletes a message by building a new list and putting it in the old one's place, while other
threads (SNS, EventBridge, S3, Lambda) append to the old one: what they append in between is gone. Here a
message is taken out of the list that stays. And it is received by one at a time: a mapping and a function
that receives by itself were given the same messages. Nor is a message passed over by who looks through the
list for it, because another one is taken out meanwhile.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from embedded.ministack_names import find, replace

_SQS = "ministack.services.sqs"
_Queue = dict[str, Any]
_Message = dict[str, Any]
_Result = TypeVar("_Result")
# ministack's queues are one to a process, and so is what guards them.
_QUEUES: Final = threading.Lock()


def install() -> None:
    """Replace every function of ministack's SQS that swaps a queue's list."""
    handlers = find(f"{_SQS}._HANDLERS")
    refuse_delete = handlers["DeleteMessage"]

    def delete_message(data: dict[str, Any], url: str) -> dict[str, Any]:
        queue = find(f"{_SQS}._get_q")(data.get("QueueUrl", url), "sqs:DeleteMessage")
        if not _delete(queue, data.get("ReceiptHandle", "")):
            # With nothing to find, the original answers with the right error and swaps nothing.
            answer: dict[str, Any] = refuse_delete(data, url)
            return answer
        return {}

    def delete_message_batch(data: dict[str, Any], url: str) -> dict[str, Any]:
        queue = find(f"{_SQS}._get_q")(data.get("QueueUrl", url), "sqs:DeleteMessage")
        entries = data.get("Entries", [])
        find(f"{_SQS}._validate_batch_entries")(entries, "DeleteMessageBatchRequestEntry")
        done = {entry["Id"]: _delete(queue, entry.get("ReceiptHandle", "")) for entry in entries}
        return {
            "Successful": [{"Id": entry_id} for entry_id, deleted in done.items() if deleted],
            "Failed": [_invalid_handle(entry_id) for entry_id, deleted in done.items() if not deleted],
        }

    handlers["DeleteMessage"] = delete_message
    handlers["DeleteMessageBatch"] = delete_message_batch
    replace(f"{_SQS}._delete_messages_for_esm", delete_received)
    replace(f"{_SQS}._dlq_sweep", move_to_dead_letters)
    replace(f"{_SQS}._expire_retained", drop_expired)
    replace(f"{_SQS}._collect_msgs", one_at_a_time(find(f"{_SQS}._collect_msgs")))
    for name in ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"):
        handlers[name] = one_at_a_time(handlers[name])


def one_at_a_time(operation: Callable[..., _Result]) -> Callable[..., _Result]:
    """What looks for messages and changes them, as one step: none is taken out in between."""

    def as_one_step(*arguments: Any) -> _Result:
        with _QUEUES:
            return operation(*arguments)

    return as_one_step


def delete_received(url: str, receipt_handles: set[str]) -> None:
    """Delete a mapping's messages by receipt handle; handles that are no longer valid are ignored."""
    queue = find(f"{_SQS}._get_q")(url)
    for message in list(queue["messages"]):
        if message.get("receipt_handle") in receipt_handles:
            _take(queue, message)


def move_to_dead_letters(queue: _Queue) -> None:
    """Move the messages that were received too often, as the queue's redrive policy says."""
    policy = _redrive_policy(queue)
    target = find(f"{_SQS}._queue_by_arn")(policy.get("deadLetterTargetArn", ""))
    most = int(policy.get("maxReceiveCount") or 0)
    if target is None or not most:
        return
    now = time.time()
    for message in list(queue["messages"]):
        if message["receive_count"] >= most and message["visible_at"] <= now and _take(queue, message):
            source = queue["attributes"].get("QueueArn", "")
            moved = {
                **message,
                "receipt_handle": None,
                "visible_at": now,
                "sys": {"DeadLetterQueueSourceArn": source, **message.get("sys", {})},
            }
            if target.get("is_fifo"):
                moved["enqueued_at"] = now
            target["messages"].append(moved)
            find("ministack.core.concurrency.esm_wake").set()


def drop_expired(queue: _Queue) -> None:
    """Drop the messages that are older than the queue's retention period."""
    now = time.time()
    cutoff = now - int(queue["attributes"].get("MessageRetentionPeriod", "345600"))
    for message in list(queue["messages"]):
        if message.get("enqueued_at", message.get("sent_at", now)) <= cutoff:
            _take(queue, message)


def _redrive_policy(queue: _Queue) -> dict[str, Any]:
    stored = queue["attributes"].get("RedrivePolicy")
    policy = json.loads(stored) if stored else {}
    return policy if isinstance(policy, dict) else {}


def _delete(queue: _Queue, receipt_handle: str) -> bool:
    if not receipt_handle:
        return False
    found = [m for m in list(queue["messages"]) if m["receipt_handle"] == receipt_handle]
    return bool([message for message in found if _take(queue, message)])


def _take(queue: _Queue, message: _Message) -> bool:
    """Remove a message; false if another thread did. One call of C code, so that no append gets lost."""
    with _QUEUES:
        try:
            queue["messages"].remove(message)
        except ValueError:
            return False
        return True


def _invalid_handle(entry_id: str) -> dict[str, Any]:
    return {
        "Id": entry_id,
        "Code": "ReceiptHandleIsInvalid",
        "Message": "The input receipt handle is invalid.",
        "SenderFault": True,
    }
