"""The function that a campaign's hook names: answers with those of the endpoints that are sent to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from patterns.campaign_hooks.audit import AuditTrail
from patterns.campaign_hooks.filters import DenyRule, Filter
from patterns.campaign_hooks.frequency_cap import FrequencyCap
from patterns.campaign_hooks.hook import Hook
from patterns.campaign_hooks.places import Places
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.logger import with_request


def _filters() -> Iterator[Filter]:
    """What the settings ask for; what costs nothing decides first, so that it takes up no place."""
    for attribute, values in json.loads(settings.text("DENY", "{}")).items():
        yield DenyRule(attribute, frozenset(values))
    yield from _fetches(json.loads(settings.text("FETCHES", "[]")))
    most = settings.whole_number("FREQUENCY_CAP", 0)
    if most:
        # A try must be over long before the budget is: what cannot be decided in time is left out.
        dynamodb = client("dynamodb", attempts=3, read_timeout=2)
        window = settings.whole_number("FREQUENCY_WINDOW_SECONDS")
        places = Places(dynamodb, settings.text("PLACES_TABLE"), most, window)
        yield FrequencyCap(places, ThreadPoolExecutor(max_workers=10))


def _fetches(declared: Sequence[Mapping[str, Any]]) -> Iterator[Filter]:
    if not declared:
        return
    # Only hooks that fetch pay for the import of an HTTP client.
    from patterns.campaign_hooks.fetched import FetchedAttributes
    from pinpoint_runtime.webhook import SigningSecret, Webhook

    for each in declared:
        secret = SigningSecret(client("secretsmanager", attempts=2, read_timeout=2), each["secret"])
        # To ask again is harmless, so that connections may be kept.
        source = Webhook(
            each["url"], secret, idempotency_key=True, connect_timeout=each["wait"], read_timeout=each["wait"]
        )
        yield FetchedAttributes(
            source,
            names=each["names"],
            fallback=each.get("fallback"),
            largest=each["largest"],
            wait=each["wait"],
            threads=ThreadPoolExecutor(max_workers=2),
        )


def _audit() -> AuditTrail | None:
    bucket = settings.text("AUDIT_BUCKET", "-")
    return None if bucket == "-" else AuditTrail(client("s3", attempts=1, read_timeout=2), bucket)


_HOOK: Final = Hook(list(_filters()), _audit(), budget=settings.whole_number("BUDGET_SECONDS"))


@with_request
def handler(event: object, _context: object) -> dict[str, Any]:
    """Pinpoint waits 15 seconds; the budget of the filters ends before that."""
    return _HOOK.answer(event)
