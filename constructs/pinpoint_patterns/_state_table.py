"""The one way to keep state: a table on demand, encrypted, restorable, that forgets by itself."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct


def state_table(
    scope: Construct,
    construct_id: str,
    *,
    sort_key: bool = False,
    encryption_key: kms.IKey | None = None,
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
) -> dynamodb.TableV2:
    """A table keyed by `pk`, and `sk` if asked for, whose items go away at `ttl` (epoch seconds).

    It is retained when its stack goes, unless told otherwise: what it holds keeps messages from being
    sent twice.

    Args:
        sort_key: Whether a partition holds several items.
        encryption_key: A customer managed key; DynamoDB's own by default.
        removal_policy: What becomes of it when its stack goes.
    """
    return dynamodb.TableV2(
        scope,
        construct_id,
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING) if sort_key else None,
        billing=dynamodb.Billing.on_demand(),
        encryption=(
            dynamodb.TableEncryptionV2.customer_managed_key(encryption_key)
            if encryption_key
            else dynamodb.TableEncryptionV2.aws_managed_key()
        ),
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute="ttl",
        removal_policy=removal_policy,
    )
