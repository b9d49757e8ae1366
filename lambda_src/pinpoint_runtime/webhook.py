"""Signed webhooks: a POST after Standard Webhooks, and an answer that says what to do next.

The signature is HMAC-SHA256 over `id.timestamp.body`. The id is the caller's key: it is the same on
every retry, so that the receiver can tell a repetition. Redirects are never followed.

See https://www.standardwebhooks.com.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeAlias

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

_SAFE_URL: Final = re.compile(r"https://[^/?#]|http://(127\.0\.0\.1|localhost)(:\d+)?([/?#]|$)")
_LONGEST_WAIT: Final = 12 * 3600.0
_DRAINED: Final = 65536
_SHORT_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_RETRYABLE: Final = frozenset({408, 425, 429, 500, 503})
# A gateway that lost its backend's answer does not know whether the backend took the message.
_AMBIGUOUS: Final = frozenset({502, 504})


@dataclass(frozen=True)
class Accepted:
    """The receiver answered 2xx: the message is theirs."""

    status: int


@dataclass(frozen=True)
class RetryLater:
    """The message was surely not taken.

    `after` is the wait in seconds that the receiver asked for. `attempted` is false where the message is not
    to blame: the receiver asks for patience, or was not reached.
    """

    reason: str
    after: float | None = None
    attempted: bool = True


@dataclass(frozen=True)
class Rejected:
    """The receiver will never take this message."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """The message was sent and the answer was lost: only a receiver that knows our key may get it again."""

    reason: str


Outcome: TypeAlias = Accepted | RetryLater | Rejected | Unknown


class SecretUnavailable(Exception):
    """The signing secret could not be read, or is not a Standard Webhooks secret."""


class SigningSecret:
    """The signing keys in Secrets Manager, read again after `ttl` seconds: rotation needs no deployment.

    The secret's text is `whsec_<base64>`, the prefix being optional. Several, parted by spaces, all sign:
    a receiver can change over while both are valid.

    Args:
        client: A boto3 Secrets Manager client.
        secret_id: The secret's ARN.
        ttl: Seconds for which a read value is used.
    """

    def __init__(
        self,
        client: Any,
        secret_id: str,
        *,
        ttl: float = 300.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._ttl = ttl
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._keys: tuple[bytes, ...] = ()
        self._read_at = float("-inf")

    def keys(self) -> tuple[bytes, ...]:
        """The keys to sign with; the last good ones while Secrets Manager does not answer.

        Raises:
            SecretUnavailable: There never were good ones.
        """
        with self._lock:
            if self._monotonic() - self._read_at >= self._ttl:
                try:
                    text = self._client.get_secret_value(SecretId=self._secret_id)["SecretString"]
                    self._keys = signing_keys(text)
                    self._read_at = self._monotonic()
                except (ClientError, BotoCoreError, KeyError, ValueError) as error:
                    if not self._keys:
                        raise SecretUnavailable(_why(error)) from error
            return self._keys

    def refresh(self) -> None:
        """Read the secret before the next use: the receiver did not know the signature."""
        self._read_at = float("-inf")


class Webhook:
    """One receiver of signed POSTs. Safe to use from several threads.

    Args:
        url: `https`, or `http` on this machine.
        secret: What to sign with.
        idempotency_key: Whether the receiver honours `Idempotency-Key`. Without it no connection is used
            twice: one that the receiver closed while idle would look like a lost answer.
        connect_timeout: Seconds.
        read_timeout: Seconds without an answer after which it counts as lost.

    Raises:
        ValueError: The URL is neither.
    """

    def __init__(
        self,
        url: str,
        secret: SigningSecret,
        *,
        idempotency_key: bool,
        connect_timeout: float = 3.0,
        read_timeout: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not _SAFE_URL.match(url):
            raise ValueError(
                "a webhook's URL must start with https:// (http:// only for 127.0.0.1 and localhost)"
            )
        self._url = url
        self._secret = secret
        self._idempotency_key = idempotency_key
        self._clock = clock
        self._timeout = urllib3.Timeout(connect=connect_timeout, read=read_timeout)
        self._tls = ssl.create_default_context()
        self._kept = self._new_connections()

    def post(self, message_id: str, payload: Mapping[str, Any]) -> Outcome:
        """Sign and send one message, once.

        Args:
            message_id: The same for each repetition of a message, of letters, digits, `_` and `-`.
            payload: What becomes the JSON body.
        """
        return self.ask(message_id, payload)[0]

    def ask(
        self, message_id: str, payload: Mapping[str, Any], *, longest: int = _DRAINED
    ) -> tuple[Outcome, bytes]:
        """The same, with what the receiver said.

        Args:
            message_id: As for `post`.
            payload: As for `post`.
            longest: Bytes of the answer that are read.

        Returns:
            What the status means, and the answer's body, cut at `longest`; empty without an answer.
        """
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
        try:
            headers = self._headers(message_id, body)
        except SecretUnavailable as error:
            return RetryLater(f"signing_secret_unavailable:{error}", attempted=False), b""
        with self._connections() as connections:
            try:
                response = connections.request(
                    "POST", self._url, body=body, headers=headers, redirect=False, preload_content=False
                )
            except urllib3.exceptions.HTTPError as error:
                return _broken(error), b""
            received = _finish(response, longest)
        if response.status == 401:
            self._secret.refresh()
        outcome = outcome_of(
            response.status, response.headers.get("retry-after"), self._clock(), error_code(received)
        )
        return outcome, received

    @contextlib.contextmanager
    def _connections(self) -> Generator[urllib3.PoolManager]:
        if self._idempotency_key:
            yield self._kept
            return
        # Asking for `Connection: close` is not enough: not every server says that it closes, and then the
        # connection would be taken for a good one.
        with self._new_connections() as once:
            yield once

    def _new_connections(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(maxsize=16, retries=False, timeout=self._timeout, ssl_context=self._tls)

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            "user-agent": "pinpoint-patterns/1",
            **signed_headers(self._secret.keys(), message_id, int(self._clock()), body),
        }
        if self._idempotency_key:
            headers["idempotency-key"] = message_id
        else:
            headers["connection"] = "close"
        return headers


def _why(error: Exception) -> str:
    """A short name; the error's own text may quote the secret."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


def signing_keys(text: str) -> tuple[bytes, ...]:
    """The keys in a secret's text.

    Raises:
        ValueError: It holds none, or something that is not base64.
    """
    try:
        keys = tuple(base64.b64decode(part.removeprefix("whsec_"), validate=True) for part in text.split())
    except binascii.Error:
        # The decoder's own message may quote the text.
        raise ValueError("a signing secret must be whsec_<base64>") from None
    if not keys or not all(keys):
        raise ValueError("a signing secret must be whsec_<base64>, and is empty")
    return keys


def signed_headers(keys: tuple[bytes, ...], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks for a body."""
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    signatures = (base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def outcome_of(status: int, retry_after: str | None, now: float, code: str | None = None) -> Outcome:
    """What an HTTP status means for the message.

    401 is retried, with the secret read anew: most often a rotation is under way.

    Args:
        status: The answer's.
        retry_after: The header, seconds or a date.
        now: Epoch seconds.
        code: The receiver's own short name for the error, which says more than the status.
    """
    reason = f"http_{status}"
    if 200 <= status < 300:
        return Accepted(status)
    if status in _AMBIGUOUS:
        return Unknown(reason)
    if status in _RETRYABLE or status == 401 or status >= 505:
        after = _seconds(retry_after, now)
        patience = status == 429 or (status == 503 and after is not None)
        return RetryLater(reason, after, attempted=not patience)
    return Rejected(code or reason)


def error_code(body: bytes) -> str | None:
    """The `error` or `code` of an answer, if it is a short name; free text may quote the message."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    error = answer.get("error", answer.get("code")) if isinstance(answer, dict) else None
    if isinstance(error, dict):
        error = error.get("code")
    return error if isinstance(error, str) and _SHORT_NAME.fullmatch(error) else None


def _seconds(retry_after: str | None, now: float) -> float | None:
    """Retry-After, which is seconds or a date, within what a queue can wait."""
    if not retry_after:
        return None
    try:
        seconds = float(int(retry_after))
    except ValueError:
        try:
            moment = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (aware - datetime.fromtimestamp(now, UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _broken(error: urllib3.exceptions.HTTPError) -> Outcome:
    """No answer: nothing was sent if the connection never stood, else nobody knows."""
    before_sending = isinstance(
        error, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    ) or any(isinstance(cause, ssl.SSLCertVerificationError) for cause in (error, *error.args))
    reason = type(error).__name__
    return RetryLater(reason, attempted=False) if before_sending else Unknown(reason)


def _finish(response: urllib3.BaseHTTPResponse, longest: int) -> bytes:
    """Give the connection back. The status has been read: what breaks from here on changes nothing."""
    body = b""
    with contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
        body = response.read(longest)
        if len(body) < longest:
            response.release_conn()
            return body
    response.close()
    return body
