"""The function that a campaign's or a journey's DeliveryUri names: queue each endpoint's message, answer.

Nothing is sent from here: Pinpoint waits 15 seconds, and repeats what it got no answer to.
"""

from typing import Any

from patterns.custom_channel.acceptance import accept
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import logger, with_request

_LOG = logger(__name__)
_SQS = client("sqs", attempts=3, read_timeout=4)
_QUEUE_URL = settings.text("QUEUE_URL")


@with_request
def handler(event: object, _context: object) -> dict[str, Any]:
    """Answer with the attributes that a journey can split on."""
    accepted = accept(event, _SQS, _QUEUE_URL)
    _LOG.info("accepted", extra={"messages": len(accepted)})
    return {
        message.endpoint_id: {"EventAttributes": {"message_key": message.key, "accepted": "true"}}
        for message in accepted
    }
