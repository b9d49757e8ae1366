"""The function behind a DeliveryUri that is an https address: HEAD confirms, POST hands a batch over.

Pinpoint signs nothing: what admits a request is the secret at the end of its path.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/channels-custom-create.html.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from patterns.custom_channel.acceptance import accept
from patterns.custom_channel.invocation import InvocationUnreadable
from patterns.custom_channel.path_secret import PathSecret, PathSecretUnavailable
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, with_request
from pinpoint_runtime.queues import EnqueueFailed
from pinpoint_runtime.rest_proxy import HttpRequest, from_event, json_answer

_LOG: Final = logger(__name__)
_SQS: Final = client("sqs", attempts=3, read_timeout=4)
_QUEUE_URL: Final = settings.text("QUEUE_URL")
_SECRET: Final = PathSecret(
    client("secretsmanager", attempts=2, read_timeout=2), settings.text("PATH_SECRET_ARN")
)
_ACCOUNT_HEADER: Final = "X-Amz-Pinpoint-AccountId"


@with_request
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer 404 to whoever does not know the path, whatever they ask."""
    request = from_event(event)
    try:
        known = _SECRET.admits(request.path.rpartition("/")[2])
    except PathSecretUnavailable as unavailable:
        _LOG.error("secret not read", extra={"why": unavailable.reason})
        return json_answer(503, {"message": "Service Unavailable"})
    if not known or request.method not in ("HEAD", "POST"):
        return json_answer(404, {"message": "Not Found"})
    if request.method == "HEAD":
        account: str = context.invoked_function_arn.split(":")[4]
        return json_answer(200, None, {_ACCOUNT_HEADER: account})
    return _post(request)


def _post(request: HttpRequest) -> dict[str, Any]:
    try:
        accepted = accept(json.loads(request.body), _SQS, _QUEUE_URL)
    except (ValueError, RecursionError, InvocationUnreadable) as error:
        _LOG.error("no batch of a custom channel", extra={"why": type(error).__name__})
        return json_answer(400, {"message": "the body is no batch of a custom channel"})
    except EnqueueFailed as failed:
        _LOG.error("not queued", extra={"count": failed.count})
        return json_answer(503, {"message": "Service Unavailable"})
    _LOG.info("accepted", extra={"messages": len(accepted)})
    return json_answer(200, {"accepted": len(accepted)})
