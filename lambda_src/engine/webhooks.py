"""The webhooks of custom channels: what may be one, the HEAD that confirms it, the POST that delivers.

An address comes from whoever may write a campaign, and is called from inside the account: it is resolved
here, every address it stands for has to be public, and the connection goes to the address that was looked at.
No redirect is followed.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/channels-custom-create.html
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

ACCOUNT_HEADER: Final = "X-Amz-Pinpoint-AccountId"
LOOPBACK: Final = "127.0.0.1"
# "Alphanumeric characters and the following symbols".
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~?/#:]+")
_LABEL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LONGEST_HOST: Final = 253
_ATTEMPTS: Final = 3
# A customer's function has as long.
_DELIVERY_SECONDS: Final = 15.0
# Half of what the API itself may take for its answer.
_CONFIRMATION_SECONDS: Final = 10.0
_DRAINED: Final = 65536


class BadWebhook(Exception):
    """The address is no webhook that may be called; the reason says what it has to be."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WebhookFailed(Exception):
    """The webhook did not take what it was sent; the reason holds nothing of its answer but the status."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def resolve(host: str, port: int) -> Sequence[str]:
    """The IPv4 addresses of a host: functions outside of a VPC reach no others.

    Raises:
        OSError: It has none.
    """
    found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class Webhooks:
    """How webhooks are called.

    Attributes:
        local: Whether `http://127.0.0.1` is one as well, for tests and the embedded AWS.
        resolve: Addresses by host and port.
        tls: What certificates are trusted.
        seconds: How long a delivery may take.
        sleep: Waits between attempts.
    """

    local: bool = False
    resolve: Callable[[str, int], Sequence[str]] = resolve
    tls: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)
    seconds: float = _DELIVERY_SECONDS
    sleep: Callable[[float], None] = time.sleep

    def confirm(self, url: str, account: str) -> None:
        """Ask a webhook by HEAD whether it is this account's.

        Raises:
            BadWebhook: It may not be called, does not answer, or does not answer with the account's id.
        """
        parts = _parts(url, local=self.local)
        try:
            status, headers = self._call(parts, "HEAD", None, min(self.seconds, _CONFIRMATION_SECONDS))
        except WebhookFailed as failed:
            raise BadWebhook(f"must answer a HEAD request: {failed.reason}") from failed
        if not 200 <= status < 300:
            raise BadWebhook(f"must answer a HEAD request with 200, got {status}: none is redirected")
        if headers.get(ACCOUNT_HEADER.lower()) != account:
            raise BadWebhook(f"must answer a HEAD request with the header {ACCOUNT_HEADER}: {account}")

    def deliver(self, url: str, body: bytes) -> None:
        """POST a body, the same on each of three attempts.

        Raises:
            BadWebhook: The address may not be called.
            WebhookFailed: No attempt was answered with 2xx in time.
        """
        parts = _parts(url, local=self.local)
        failure = WebhookFailed("it was not called")
        for attempt in range(_ATTEMPTS):
            if attempt:
                self.sleep(0.1 * 2**attempt)
            try:
                status, _ = self._call(parts, "POST", body, self.seconds)
            except WebhookFailed as failed:
                failure = failed
                continue
            if 200 <= status < 300:
                return
            failure = WebhookFailed(f"it answered {status}")
        raise failure

    def _call(
        self, parts: SplitResult, method: str, body: bytes | None, seconds: float
    ) -> tuple[int, Mapping[str, str]]:
        headers = {"Host": parts.netloc, "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with self._connection(parts, time.monotonic() + seconds) as connection:
                connection.request(method, target, body=body, headers=headers)
                answer = connection.getresponse()
                # A server should not meet a broken connection; what is said after the status changes nothing.
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answer.read(_DRAINED)
                return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException) as error:
            raise WebhookFailed(f"it did not answer: {type(error).__name__}") from error

    @contextlib.contextmanager
    def _connection(self, parts: SplitResult, until: float) -> Generator[http.client.HTTPConnection]:
        """A connection to an address that was looked at, cut when the time is over."""
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address(parts.scheme, host, port)
        raw = socket.create_connection((address, port), timeout=max(0.1, until - time.monotonic()))
        # Each read has a time limit of its own: a server that sends byte after byte would hold us for ever.
        held = raw.dup()
        cut = threading.Timer(max(0.0, until - time.monotonic()), _shut, [held])
        cut.daemon = True
        cut.start()
        connection = http.client.HTTPConnection(host, port)
        try:
            connection.sock = (
                self.tls().wrap_socket(raw, server_hostname=host) if parts.scheme == "https" else raw
            )
            yield connection
        finally:
            cut.cancel()
            cut.join()
            held.close()
            connection.close()
            raw.close()

    def _address(self, scheme: str, host: str, port: int) -> str:
        if scheme == "http":
            return LOOPBACK
        addresses = self.resolve(host, port)
        if not addresses:
            raise WebhookFailed("it has no IPv4 address")
        if not all(_is_public(address) or (self.local and address == LOOPBACK) for address in addresses):
            raise WebhookFailed("its host is not a public address")
        return addresses[0]


def _parts(url: str, *, local: bool) -> SplitResult:
    rule = "must be an https address of letters, digits and -._~?/#:"
    if not _CHARACTERS.fullmatch(url):
        raise BadWebhook(rule)
    try:
        parts = urlsplit(url)
        port_is_one = parts.port != 0
    except ValueError:
        raise BadWebhook(f"{rule}, with a port of 1 to 65535 if any") from None
    if not port_is_one or not _is_host(parts.hostname or ""):
        raise BadWebhook(f"{rule}, with the name of a host")
    if parts.scheme == "https" or (local and parts.scheme == "http" and parts.hostname == LOOPBACK):
        return parts
    raise BadWebhook(rule)


def _is_host(name: str) -> bool:
    labels = name.removesuffix(".").split(".")
    return len(name) <= _LONGEST_HOST and all(_LABEL.fullmatch(label) for label in labels)


def _is_public(address: str) -> bool:
    """Whether an address is everybody's: no private network, no link (169.254.169.254), no multicast."""
    parsed = ipaddress.ip_address(address)
    return parsed.version == 4 and parsed.is_global and not parsed.is_multicast


def _shut(held: socket.socket) -> None:
    with contextlib.suppress(OSError):
        held.shutdown(socket.SHUT_RDWR)
