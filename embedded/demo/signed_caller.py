"""Requests to a REST API under IAM, as a system with credentials sends them, or somebody without any."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from embedded.demo.account import Account
from embedded.server import REGION
from embedded.state import client_environment

_AT_ONCE: Final = 32


@dataclass(frozen=True)
class Reply:
    """An answer.

    Args:
        status: The HTTP status.
        body: Its JSON.
        headers: Names in lower case.
    """

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class SignedCaller:
    """Sends requests, from many threads at once if need be.

    Args:
        credentials: Signed with these for `execute-api`; without them, not signed at all.
    """

    credentials: Credentials | None = None
    _session: URLLib3Session = field(default_factory=lambda: URLLib3Session(max_pool_connections=_AT_ONCE))

    @classmethod
    def of(cls, account: Account) -> "SignedCaller":
        """Somebody who may do everything in an account."""
        known = client_environment(account.endpoint)
        return cls(Credentials(known["AWS_ACCESS_KEY_ID"], known["AWS_SECRET_ACCESS_KEY"]))

    def send(
        self, method: str, url: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request and read the answer.

        Args:
            method: Such as `PUT`.
            url: As it stands in the request, ids percent-encoded.
            body: Sent as JSON unless it is bytes.
            headers: Further ones.
        """
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Host": urlsplit(url).netloc, "Content-Type": "application/json", **(headers or {})}
        request = AWSRequest(method, url, data=data, headers=sent)
        if self.credentials:
            SigV4Auth(self.credentials, "execute-api", REGION).add_auth(request)
        answer = self._session.send(request.prepare())
        content: Any = json.loads(answer.content or b"{}")
        told: dict[str, Any] = content if isinstance(content, dict) else {"content": content}
        return Reply(
            answer.status_code, told, {name.lower(): value for name, value in answer.headers.items()}
        )
