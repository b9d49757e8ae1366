"""The secret in a webhook's path: what was put there, and what was there before it."""

import hmac
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

_STAGES: Final = ("AWSCURRENT", "AWSPREVIOUS")
_NO_SUCH_VERSION: Final = "ResourceNotFoundException"


class PathSecretUnavailable(Exception):
    """The secret could not be read, and never was. `reason` is a short name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PathSecret:
    """A secret whose current and previous values admit: campaigns carry the address that they were given.

    Args:
        client: A boto3 Secrets Manager client.
        secret_id: The secret's ARN.
        ttl: Seconds for which read values are used.
        pause: Seconds between two looks that are caused by a text that is not known: whoever guesses must
            not make us ask each time.

    See https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html.
    """

    def __init__(
        self,
        client: Any,
        secret_id: str,
        *,
        ttl: float = 300.0,
        pause: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._ttl = ttl
        self._pause = pause
        self._monotonic = monotonic
        self._values: tuple[bytes, ...] = ()
        self._read_at = float("-inf")

    def admits(self, text: str) -> bool:
        """Whether a text is one of the values; how long it takes tells nothing of a value that is not met.

        Raises:
            PathSecretUnavailable: There never was a value to compare with.
        """
        self._read_if_older_than(self._ttl)
        if self._is_one_of(text):
            return True
        # It may be newer than what was read.
        self._read_if_older_than(self._pause)
        return self._is_one_of(text)

    def _is_one_of(self, text: str) -> bool:
        return any(hmac.compare_digest(text.encode(errors="surrogatepass"), value) for value in self._values)

    def _read_if_older_than(self, seconds: float) -> None:
        if self._monotonic() - self._read_at < seconds:
            return
        try:
            values = tuple(self._read())
        except (ClientError, BotoCoreError) as error:
            if not self._values:
                raise PathSecretUnavailable(type(error).__name__) from error
            return
        self._values, self._read_at = values, self._monotonic()

    def _read(self) -> Iterator[bytes]:
        for stage in _STAGES:
            try:
                answer = self._client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
            except ClientError as error:
                if stage == _STAGES[0] or error.response["Error"]["Code"] != _NO_SUCH_VERSION:
                    raise
                continue
            if value := answer["SecretString"]:
                yield value.encode()
