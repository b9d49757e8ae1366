"""What both functions are made of, from their settings."""

from typing import Any, Final

from patterns.user_endpoints.changes import Changes
from patterns.user_endpoints.preferences import schema_from_json
from patterns.user_endpoints.store import Store
from patterns.user_endpoints.users import Users
from pinpoint_runtime.clients import client
from pinpoint_runtime.settings import text

# One try: events that are put again out of impatience are on the stream twice. Shorter than an API may
# take (29 s), so that there is time left to write down what is not finished.
_PINPOINT: Final[Any] = client("pinpoint", attempts=1, read_timeout=20)


def changes() -> Changes:
    """How changes are made here."""
    application_id = text("APPLICATION_ID")
    return Changes(
        users=Users(_PINPOINT, application_id),
        store=Store(client("dynamodb"), text("TABLE"), application_id),
        schema=schema_from_json(text("PREFERENCES")),
        sqs=client("sqs"),
        callbacks_url=text("CALLBACKS_QUEUE_URL"),
    )
