"""Acting as a customer's role, and only for the application that the role was made for.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

from typing import Any, Final

from engine.context import Context
from engine.errors import Forbidden

# Sessions of an assumed role that assumes another last an hour at most; kept a little shorter.
_SESSION_SECONDS: Final = 3600
_KEPT_SECONDS: Final = 3000


def assumed_client(context: Context, service: str, role_arn: str, external_id: str) -> Any:
    """A boto3 client that acts as a role; kept while its session lasts.

    Args:
        context: The worker's world.
        service: The client's service, such as `s3`.
        role_arn: The customer's role.
        external_id: The ARN of the application or campaign on whose behalf it is used.

    Raises:
        Forbidden: The role does not let the engine in.
    """
    return context.memory.recall(
        ("role", service, role_arn, external_id),
        _KEPT_SECONDS,
        lambda: _assume(context, service, role_arn, external_id),
    )


def _assume(context: Context, service: str, role_arn: str, external_id: str) -> Any:
    import boto3
    from botocore.exceptions import ClientError, ParamValidationError

    try:
        answer = context.client("sts").assume_role(
            RoleArn=role_arn,
            RoleSessionName="pinpoint-engine",
            ExternalId=external_id,
            DurationSeconds=_SESSION_SECONDS,
        )
    except (ClientError, ParamValidationError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else "ValidationError"
        if code not in ("AccessDenied", "ValidationError", "InvalidClientTokenId", "NoSuchEntity"):
            raise
        raise Forbidden(
            f"the role {role_arn} cannot be assumed ({code}): it must trust the engine's delivery role "
            f"with the external id {external_id}, and carry the tag pinpoint-engine:hosted"
        ) from error
    credentials = answer["Credentials"]
    return boto3.client(
        service,
        region_name=context.region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
