"""Sending a document to a queue, a topic or a bucket, as a role may or a service principal is admitted."""

from collections.abc import Mapping
from typing import Any

from embedded.ministack_names import find
from embedded.service_iam.authority import role_refusal


def deliver(target: str, body: str, *, role_arn: str, attributes: dict[str, str] | None = None) -> str | None:
    """Send text to an SQS queue or an SNS topic by a role's authority.

    Args:
        target: ARN of the queue or topic.
        body: The message.
        role_arn: The role that the service acts for.
        attributes: String message attributes.

    Returns:
        Why it was not sent, or None.
    """
    service = target.split(":")[2]
    action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}.get(service)
    if action is None:
        return f"{target} is not a queue or a topic"
    return role_refusal(role_arn, action, target) or send(target, body, attributes=attributes)


def send(target: str, body: str, *, attributes: dict[str, str] | None = None) -> str | None:
    """Send text to a queue or a topic, its authority checked before; returns why it was not sent, or None."""
    typed: dict[str, Any] = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (attributes or {}).items()
        if value
    }
    if target.split(":")[2] == "sns":
        sent = find("ministack.services.sns.publish_internal")(target, body, message_attributes=typed)
        return None if sent else f"{target} does not exist"
    queue = find("ministack.services.sqs._queue_by_arn")(target)
    if queue is None:
        return f"{target} does not exist"
    message = {"QueueUrl": queue["url"], "MessageBody": body, "MessageAttributes": typed}
    find("ministack.services.sqs._act_send_message")(message, queue["url"])
    return None


def put_object(
    bucket_arn: str, key: str, body: bytes, *, role_arn: str, headers: Mapping[str, str] | None = None
) -> str | None:
    """Store an object by a role's authority; returns why it was not stored, or None.

    Args:
        headers: Of the request, such as its content type, which is JSON by default.
    """
    refusal = role_refusal(role_arn, "s3:PutObject", f"{bucket_arn}/{key}") or role_refusal(
        role_arn, "s3:ListBucket", bucket_arn
    )
    if refusal:
        return refusal
    bucket = bucket_arn.rpartition(":")[2]
    status, *_ = find("ministack.services.s3._put_object")(
        bucket, key, body, {"content-type": "application/json", **(headers or {})}
    )
    return None if status == 200 else f"the bucket {bucket} answered {status}"
