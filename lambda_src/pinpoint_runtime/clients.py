"""AWS clients with time limits and retries that suit a Lambda function."""

from typing import Any, Final

import boto3
from botocore.config import Config

# boto3 waits a minute for an answer and a minute for a connection: longer than most functions live.
_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 10


def client(service: str, *, attempts: int = 4, read_timeout: float = _READ_SECONDS) -> Any:
    """A client to be made once, at module level.

    Args:
        service: boto3's name of the service.
        attempts: Tries a call, the first included; 1 for calls that must not be repeated blindly.
        read_timeout: Seconds without an answer.

    See https://docs.aws.amazon.com/boto3/latest/guide/retries.html.
    """
    return boto3.client(
        service,
        config=Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": attempts},
        ),
    )
