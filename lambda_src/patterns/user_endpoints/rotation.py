"""Gives the secret that signs links a new value; the one before goes on verifying until the next time.

See https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html.
"""

from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, with_request
from pinpoint_runtime.settings import text

_LOG: Final = logger(__name__)
_SECRETS: Final = client("secretsmanager")
_SECRET: Final = text("LINK_SECRET_ARN")
# As many letters and digits as the first value has: 262 bits.
_LENGTH: Final = 44


@with_request
def handler(event: Mapping[str, str], _context: object) -> None:
    """Do one step of a rotation; each may be repeated.

    Args:
        event: `Step`, `SecretId` and `ClientRequestToken`, as Secrets Manager sends them.

    Raises:
        ValueError: It is another secret, or an unknown step.
    """
    step, secret_id, version = event["Step"], event["SecretId"], event["ClientRequestToken"]
    if secret_id != _SECRET:
        raise ValueError("this function rotates the secret of links and no other")
    match step:
        case "createSecret":
            _create(version)
        case "setSecret" | "testSecret":
            # Nobody else holds the secret: there is nowhere to set it, and nothing to test it against.
            return
        case "finishSecret":
            _finish(version)
        case _:
            raise ValueError(f"unknown step of a rotation: {step!r}")
    _LOG.info("rotation", extra={"step": step})


def _create(version: str) -> None:
    try:
        _SECRETS.get_secret_value(SecretId=_SECRET, VersionId=version, VersionStage="AWSPENDING")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        value = _SECRETS.get_random_password(PasswordLength=_LENGTH, ExcludePunctuation=True)
        _SECRETS.put_secret_value(
            SecretId=_SECRET,
            ClientRequestToken=version,
            SecretString=value["RandomPassword"],
            VersionStages=["AWSPENDING"],
        )


def _finish(version: str) -> None:
    stages: Mapping[str, Any] = _SECRETS.describe_secret(SecretId=_SECRET)["VersionIdsToStages"]
    current = next((one for one, named in stages.items() if "AWSCURRENT" in named), None)
    if current == version:
        return
    moved = {"RemoveFromVersionId": current} if current else {}
    _SECRETS.update_secret_version_stage(
        SecretId=_SECRET, VersionStage="AWSCURRENT", MoveToVersionId=version, **moved
    )
