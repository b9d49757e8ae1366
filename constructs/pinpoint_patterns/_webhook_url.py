"""What may be the address of a webhook."""

from typing import Final
from urllib.parse import urlsplit

from aws_cdk import Token

_LOCAL_HOSTS: Final = ("127.0.0.1", "localhost")


def check_webhook_url(url: str) -> None:
    """Refuse to send what is meant for one receiver over an open line.

    Raises:
        ValueError: The URL is not https (http is allowed for 127.0.0.1 and localhost).
    """
    if Token.is_unresolved(url):
        return
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise ValueError(f"url must start with https:// (http:// only for 127.0.0.1), got {url!r}")
