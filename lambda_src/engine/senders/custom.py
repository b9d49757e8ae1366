"""Custom channels: up to fifty endpoints to a customer's function or webhook.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/channels-custom.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from engine.context import Context
from engine.functions import CallFailed, call
from engine.store import Document
from engine.webhooks import BadWebhook, WebhookFailed

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
    if "://" not in uri:
        call(context, uri, payload, source_arn)
        return
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        context.webhooks.deliver(uri, body)
    except BadWebhook as bad:
        raise CallFailed(f"the webhook {bad.reason}") from bad
    except WebhookFailed as failed:
        raise CallFailed(f"the webhook failed: {failed.reason}") from failed
