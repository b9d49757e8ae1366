"""The function behind one-time passwords: called by a backend while somebody waits."""

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from patterns.send_message.one_time_passwords import Limits, OneTimePasswords, Rate
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.settings import text, whole_number

_WINDOW: Final = whole_number("WINDOW_SECONDS")
_PASSWORDS: Final = OneTimePasswords(
    pinpoint=client("pinpoint", attempts=1, read_timeout=20),
    application_id=text("APPLICATION_ID"),
    rate=Rate(client("dynamodb"), text("RATE_TABLE"), _WINDOW),
    limits=Limits(whole_number("MOST_SENDS"), whole_number("MOST_VERIFICATIONS"), _WINDOW),
    message=json.loads(text("MESSAGE")),
)
_DIMENSIONS: Final = {"Pattern": "OneTimePasswords"}


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer with a status; see `one_time_passwords.Reply`."""
    reply = _PASSWORDS.answer(event)
    emit(_DIMENSIONS, {reply.status.title().replace("_", ""): 1}, time.time())
    return reply.document()
