"""What a function's execution role needs for its event source mappings."""

import time
from functools import lru_cache
from typing import Any, Final

from embedded.ministack_names import find
from embedded.service_iam.authority import role_refusal

_READS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "sqs": (("sqs:ReceiveMessage",), ("sqs:DeleteMessage",), ("sqs:GetQueueAttributes",)),
    "kinesis": (
        ("kinesis:GetRecords",),
        ("kinesis:GetShardIterator",),
        ("kinesis:ListShards",),
        ("kinesis:DescribeStream", "kinesis:DescribeStreamSummary"),
    ),
    "dynamodb": (("dynamodb:GetRecords",), ("dynamodb:GetShardIterator",), ("dynamodb:DescribeStream",)),
}
"""By service: the actions a mapping needs, one of each group."""
_AWS_MANAGED: Final = "alias/aws/"


def creation_refusal(role_arn: str, source_arn: str) -> str | None:
    """Why AWS would refuse to create a mapping for a role, or None."""
    service = source_arn.split(":")[2] if source_arn.count(":") >= 5 else ""
    if not role_arn or _missing_action(role_arn, source_arn, service) is None:
        return None
    if service == "sqs":
        action = str(_missing_action(role_arn, source_arn, service)).partition(":")[2]
        return f"The provided execution role does not have permissions to call {action} on SQS"
    return (
        f"Cannot access stream {source_arn}. Please ensure the role can perform the GetRecords, "
        "GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
    )


def reading_refusal(role_arn: str, source_arn: str) -> str | None:
    """Why a mapping cannot read its source now, or None. Asked at every pass, so remembered for a second."""
    return _reading_refusal(role_arn, source_arn, int(time.monotonic()))


@lru_cache(maxsize=256)
def _reading_refusal(role_arn: str, source_arn: str, second: int) -> str | None:  # noqa: ARG001  (a cache key)
    service = source_arn.split(":")[2]
    refusal = creation_refusal(role_arn, source_arn)
    if refusal:
        return refusal
    key = _customer_key(source_arn, service)
    return role_refusal(role_arn, "kms:Decrypt", key, session="awslambda") if key else None


def _missing_action(role_arn: str, source_arn: str, service: str) -> str | None:
    for actions in _READS.get(service, ()):
        if all(role_refusal(role_arn, action, source_arn, session="awslambda") for action in actions):
            return actions[0]
    return None


def _customer_key(source_arn: str, service: str) -> str | None:
    """The ARN of the customer-managed key that encrypts the source, if one does."""
    if service == "sqs":
        queue = find("ministack.services.sqs._queue_by_arn")(source_arn) or {"attributes": {}}
        key = queue["attributes"].get("KmsMasterKeyId", "")
    elif service == "kinesis":
        _, _, _, region, account, resource = source_arn.split(":", 5)
        stream: dict[str, Any] = (
            find("ministack.services.kinesis._streams").get_scoped(account, region, resource.split("/")[1])
            or {}
        )
        key = stream.get("KeyId") if stream.get("EncryptionType") == "KMS" else ""
    else:
        return None
    if not key or _AWS_MANAGED in key:
        return None
    record = find("ministack.services.kms._resolve_key")(key)
    return str(record["Arn"]) if record else None
