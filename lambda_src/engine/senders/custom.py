"""Custom channels: up to fifty endpoints to a customer's function or webhook.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/channels-custom.html
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from engine.context import Context
from engine.functions import CallFailed, call
from engine.store import Document

_ATTEMPTS: Final = 3
_TIMEOUT_SECONDS: Final = 15
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# What the documented payload of an endpoint does not have.
_NOT_SHOWN: Final = frozenset({"ApplicationId", "Id", "CohortId", "RequestId"})


def shown_endpoint(endpoint: Document) -> Document:
    """An endpoint as hooks and custom channels see it."""
    return {member: value for member, value in endpoint.items() if member not in _NOT_SHOWN}


def deliver_custom(context: Context, uri: str, payload: Mapping[str, Any], source_arn: str) -> None:
    """Hand a batch to a custom channel; its answer means nothing to a campaign.

    Args:
        context: The clients.
        uri: A function's name or ARN, or the URL of a webhook.
        payload: The documented event.
        source_arn: The campaign's ARN.

    Raises:
        CallFailed: It was not taken on any of three attempts.
    """
    if uri.startswith(("https://", "http://")):
        _post(uri, payload)
    else:
        call(context, uri, payload, source_arn)


def _post(url: str, payload: Mapping[str, Any]) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise CallFailed("a webhook's URL must be https")
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    reason = "the webhook was not called"
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(0.1 * 2**attempt)
        try:
            _post_once(url, body)
        except urllib.error.HTTPError as error:
            reason = f"the webhook answered {error.code}"
            if 400 <= error.code < 500 and error.code != 429:
                break
        except (urllib.error.URLError, TimeoutError, OSError) as error:
            reason = f"the webhook did not answer: {type(error).__name__}"
        else:
            return
    raise CallFailed(reason)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would lose its body, or carry it to a place that nobody named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post_once(url: str, body: bytes) -> None:
    request = urllib.request.Request(
        url, data=body, method="POST", headers={"Content-Type": "application/json; charset=utf-8"}
    )
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
        answer.read(1024)
