"""The consumer of the event stream that frees the places of messages that were not sent."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from patterns.campaign_hooks.places import Places
from patterns.campaign_hooks.release import not_sent, release
from pinpoint_runtime import settings
from pinpoint_runtime.batch import BatchResponse, stream_failures
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import with_request

_PLACES: Final = Places(
    client("dynamodb"),
    settings.text("PLACES_TABLE"),
    settings.whole_number("FREQUENCY_CAP"),
    settings.whole_number("FREQUENCY_WINDOW_SECONDS"),
)


@with_request
def handler(event: Mapping[str, Any], _context: object) -> BatchResponse:
    """Answer with the record from which the stream is to be taken up again, if one failed."""
    return stream_failures(event, _free)


def _free(record: Mapping[str, Any]) -> None:
    message = not_sent(base64.b64decode(record["kinesis"]["data"]))
    if message:
        release(_PLACES, message)
