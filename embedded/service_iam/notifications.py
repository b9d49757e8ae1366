"""SNS subscriptions and S3 notifications that invoke functions. Queues and topics ministack checks itself."""

import json
import logging
from typing import Any

from embedded.ministack_names import find, replace
from embedded.service_iam.authority import queue_refusal
from embedded.service_iam.deliveries import send
from embedded.service_iam.invocations import invoke_as_service

_SNS = "ministack.services.sns"
_log = logging.getLogger(__name__)


def install() -> None:
    """Ask a function's policy before SNS or S3 invokes it, and then invoke it asynchronously."""
    replace(f"{_SNS}._deliver_to_lambda", _deliver_sns)
    replace("ministack.services.s3._deliver_event_to_lambda", _deliver_s3)


def _deliver_sns(
    endpoint: str,
    envelope: str,
    topic_arn: str,
    sub_arn: str,
    msg_id: str,
    raw_message: str,  # noqa: ARG001  (the signature of ministack)
    message_attributes: dict[str, Any],  # noqa: ARG001
) -> None:
    event = {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": sub_arn,
                "Sns": json.loads(envelope),
            }
        ]
    }
    refusal = invoke_as_service(endpoint, event, service="sns.amazonaws.com", source_arn=topic_arn)
    if refusal is None:
        return
    _log.warning("%s: message %s was not delivered: %s", sub_arn, msg_id, refusal)
    queue = _dead_letter_queue(topic_arn, sub_arn)
    if queue:
        lost = queue_refusal(queue, "sns.amazonaws.com", topic_arn) or send(queue, envelope)
        if lost:
            _log.warning("%s: message %s was lost: %s", sub_arn, msg_id, lost)


def _dead_letter_queue(topic_arn: str, subscription_arn: str) -> str:
    topic = find(f"{_SNS}._topic_by_arn_any_scope")(topic_arn) or {"subscriptions": []}
    for subscription in topic["subscriptions"]:
        if subscription["arn"] == subscription_arn:
            policy = subscription.get("attributes", {}).get("RedrivePolicy")
            return str(json.loads(policy)["deadLetterTargetArn"]) if policy else ""
    return ""


def _deliver_s3(arn: str, event_payload: dict[str, Any], bucket_region: str) -> None:
    bucket = event_payload["Records"][0]["s3"]["bucket"]["name"]
    refusal = invoke_as_service(
        arn, event_payload, service="s3.amazonaws.com", source_arn=f"arn:aws:s3:::{bucket}"
    )
    if refusal:
        _log.warning("bucket %s in %s: a notification was not delivered: %s", bucket, bucket_region, refusal)
