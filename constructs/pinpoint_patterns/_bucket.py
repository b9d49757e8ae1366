"""The one way a bucket with people's data is made here: private, encrypted, versioned, and kept."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


def private_bucket(
    scope: Construct,
    construct_id: str,
    *,
    lifecycle_rules: Sequence[s3.LifecycleRule],
    encryption_key: kms.IKey | None = None,
    access_logs: s3.IBucket | None = None,
) -> s3.Bucket:
    """A bucket that nobody outside reaches, by TLS 1.2 only, and that outlives its stack.

    Args:
        scope: Where it stands.
        construct_id: Its id there.
        lifecycle_rules: When what expires.
        encryption_key: A customer managed key; S3's own by default.
        access_logs: A bucket for its access logs.

    See https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html.
    """
    return s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.KMS if encryption_key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=encryption_key,
        bucket_key_enabled=True if encryption_key else None,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        versioned=True,
        server_access_logs_bucket=access_logs,
        lifecycle_rules=lifecycle_rules,
        removal_policy=RemovalPolicy.RETAIN,
    )


def expires(rule: str, prefix: str, after: Duration, *transitions: s3.Transition) -> s3.LifecycleRule:
    """What is under a prefix is deleted after a time, and its earlier versions a day later.

    Args:
        rule: The rule's id.
        prefix: Such as `errors/`.
        after: Days since an object was written.
        transitions: What happens to it before.
    """
    return s3.LifecycleRule(
        id=rule,
        prefix=prefix,
        transitions=list(transitions) or None,
        expiration=after,
        # In a versioned bucket an expired object only becomes noncurrent; a day later it is gone.
        noncurrent_version_expiration=Duration.days(1),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )
