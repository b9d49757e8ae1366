"""Publishing to SNS as the service, or as a role that trusts it.

https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-iam-policy.html
"""

import json
from typing import Any, Final

from embedded.ministack_names import find
from embedded.service_iam.authority import account_of, admits, is_enforced, role_refusal, trust_refusal
from embedded.service_iam.deliveries import send

PRINCIPAL: Final = "sms-voice.amazonaws.com"
_DEFAULT_STATEMENT: Final = "__default_statement_ID"
_OF_AN_ENCRYPTED_TOPIC: Final = ("kms:GenerateDataKey", "kms:Decrypt")


def publish(topic_arn: str, body: dict[str, Any], *, source_arn: str, role_arn: str = "") -> str | None:
    """Send a document to a topic.

    Args:
        topic_arn: Where to.
        body: Sent as JSON.
        source_arn: The number or configuration set on whose behalf: `aws:SourceArn`.
        role_arn: Whose authority counts; without one the topic's policy must admit the service.

    Returns:
        Why it was not sent, or None.
    """
    if not topic_arn.startswith("arn:aws:sns:"):
        return f"{topic_arn} is not a topic, and nothing else is served"
    if role_arn:
        refusal = trust_refusal(role_arn, PRINCIPAL, source_arn=source_arn) or role_refusal(
            role_arn, "sns:Publish", topic_arn, session=PRINCIPAL
        )
    else:
        refusal = _refusal(topic_arn, source_arn)
    refusal = refusal or _key_refusal(topic_arn, source_arn, role_arn)
    return refusal or send(topic_arn, json.dumps(body))


def _refusal(topic_arn: str, source_arn: str) -> str | None:
    if not is_enforced():
        return None
    policy = json.loads(_attributes(topic_arn).get("Policy") or "{}")
    listed = policy.get("Statement", [])
    statements = [listed] if isinstance(listed, dict) else listed
    # What every new topic says admits the account's principals. The service is none of them on AWS.
    own = [each for each in statements if each.get("Sid") != _DEFAULT_STATEMENT]
    if own and _admits({**policy, "Statement": own}, "sns:Publish", topic_arn, source_arn):
        return None
    return f"{PRINCIPAL} is not authorized to perform: sns:Publish on resource: {topic_arn}"


def _key_refusal(topic_arn: str, source_arn: str, role_arn: str) -> str | None:
    key = _attributes(topic_arn).get("KmsMasterKeyId")
    if not key or not is_enforced():
        return None
    record = find("ministack.services.kms._resolve_key")(key)
    if record is None:
        return f"{topic_arn} is encrypted with {key}, whose policy cannot admit {PRINCIPAL}"
    for action in _OF_AN_ENCRYPTED_TOPIC:
        if role_arn:
            refusal = role_refusal(role_arn, action, record["Arn"], session=PRINCIPAL)
            if refusal:
                return refusal
        else:
            found = find("ministack.core.iam_evaluator._resource_policy")("kms", record["Arn"])
            if not found or not _admits(found[0], action, record["Arn"], source_arn):
                return f"{PRINCIPAL} is not authorized to perform: {action} on resource: {record['Arn']}"
    return None


def _admits(policy: Any, action: str, resource: str, source_arn: str) -> bool:
    return admits(
        policy,
        PRINCIPAL,
        action,
        resource,
        source_arn=source_arn,
        source_account=account_of(source_arn),
    )


def _attributes(topic_arn: str) -> dict[str, Any]:
    topic = find("ministack.services.sns._topic_by_arn_any_scope")(topic_arn) or {}
    attributes: dict[str, Any] = topic.get("attributes", {})
    return attributes
