"""The keys that sign links: the current one, and the one before it, which goes on verifying.

Rotation moves the stages `AWSCURRENT` and `AWSPREVIOUS` of one secret.
See https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"
_READ_AGAIN: Final = 300.0
# Whoever makes links up must not make us read the secret for each.
_NOT_AGAIN_BEFORE: Final = 10.0


@dataclass(frozen=True, repr=False)
class LinkKey:
    """One key. What it makes for one purpose says nothing about another."""

    secret: bytes

    @property
    def id(self) -> bytes:
        """Eight bytes that name it, and tell nothing of it."""
        return self.digest("id", b"")[:8]

    def digest(self, purpose: str, content: bytes) -> bytes:
        """32 bytes that only who has the key can make."""
        return hmac.digest(self.secret, purpose.encode() + b"\n" + content, hashlib.sha256)


class LinkKeys:
    """The keys in Secrets Manager, read again every five minutes, and when a key's id is not known.

    Args:
        client: A boto3 Secrets Manager client.
        secret_id: The secret's ARN.
        stages: Those to read; the first must be there.
    """

    def __init__(
        self,
        client: Any,
        secret_id: str,
        stages: tuple[str, ...],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._stages = stages
        self._monotonic = monotonic
        self._keys: tuple[LinkKey, ...] = ()
        self._read_at = float("-inf")

    def all(self) -> tuple[LinkKey, ...]:
        """The keys, the first stage's first."""
        if self._age() >= _READ_AGAIN:
            self._read()
        return self._keys

    def by_id(self, key_id: bytes) -> LinkKey | None:
        """The key of an id, if it is one of ours."""
        found = _find(self.all(), key_id)
        if found is None and self._age() >= _NOT_AGAIN_BEFORE:
            self._read()
            found = _find(self._keys, key_id)
        return found

    def _age(self) -> float:
        return self._monotonic() - self._read_at

    def _read(self) -> None:
        try:
            read = (self._value(stage) for stage in self._stages)
            self._keys = tuple(LinkKey(text.encode()) for text in read if text)
        except (ClientError, BotoCoreError):
            if not self._keys:
                raise
            # The last good ones go on serving while Secrets Manager does not answer.
        self._read_at = self._monotonic()

    def _value(self, stage: str) -> str | None:
        try:
            answer = self._client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
        except ClientError as error:
            # A secret that was never rotated has no version before this one.
            if stage != self._stages[0] and error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return str(answer["SecretString"])


def _find(keys: tuple[LinkKey, ...], key_id: bytes) -> LinkKey | None:
    return next((key for key in keys if hmac.compare_digest(key.id, key_id)), None)
