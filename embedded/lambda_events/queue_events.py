"""SQS messages as a function sees them, and what its answer says about them."""

import json
from typing import Any

from embedded.lambda_events.mapping import Mapping


def event_of(message: dict[str, Any], mapping: Mapping) -> dict[str, Any]:
    """One record of the event, from ministack's message."""
    attributes = {
        "ApproximateReceiveCount": str(message.get("receive_count", 1)),
        "SentTimestamp": _milliseconds(message["sent_at"]),
        "SenderId": str((message.get("sys") or {}).get("SenderId", mapping.account)),
        "ApproximateFirstReceiveTimestamp": _milliseconds(
            message.get("first_receive_at") or message["sent_at"]
        ),
    }
    optional = {
        "AWSTraceHeader": (message.get("sys") or {}).get("AWSTraceHeader"),
        "DeadLetterQueueSourceArn": (message.get("sys") or {}).get("DeadLetterQueueSourceArn"),
        "MessageGroupId": message.get("group_id"),
        "MessageDeduplicationId": message.get("dedup_id"),
        "SequenceNumber": message.get("seq"),
    }
    attributes |= {name: str(value) for name, value in optional.items() if value}
    return {
        "messageId": message["id"],
        "receiptHandle": message["receipt_handle"],
        "body": message["body"],
        "attributes": attributes,
        "messageAttributes": _attributes(message.get("message_attributes") or {}),
        "md5OfBody": message.get("md5_body") or message.get("md5") or "",
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source,
        "awsRegion": mapping.region,
    }


def failed_ids(answer: Any, sent: set[str]) -> set[str]:
    """The messages that a function reports as failed; all of them when the report is malformed.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if isinstance(answer, str | bytes):
        try:
            answer = json.loads(answer) if answer else None
        except ValueError:
            return set()
    if not isinstance(answer, dict):
        return set()
    failures = answer.get("batchItemFailures")
    if not failures:
        return set()
    try:
        failed = {failure["itemIdentifier"] for failure in failures}
    except (KeyError, TypeError):
        return sent
    return failed if failed <= sent else sent


def _attributes(stored: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same attributes, with the lower-case keys of Lambda's event."""
    return {
        name: {key[:1].lower() + key[1:]: value for key, value in attribute.items()}
        for name, attribute in stored.items()
    }


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
