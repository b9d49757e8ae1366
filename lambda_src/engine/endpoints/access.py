"""Reading and removing endpoints, one or a user's."""

import random
import time
from collections.abc import Iterable
from itertools import chain
from typing import Final

from engine.context import Context
from engine.endpoints.bonds import Bonds
from engine.endpoints.working_set import WorkingSet
from engine.errors import TooManyRequests
from engine.store import Document, TransactionLost, endpoint_key, user_key

_ATTEMPTS: Final = 8


def get_endpoint(context: Context, application_id: str, endpoint_id: str) -> Document | None:
    """One endpoint, an `EndpointResponse`, None if there is none."""
    item = context.store.get(endpoint_key(application_id, endpoint_id))
    return item.doc if item is not None else None


def get_endpoints(context: Context, application_id: str, endpoint_ids: Iterable[str]) -> dict[str, Document]:
    """The endpoints that exist, by lower-cased id."""
    found = context.store.get_many(endpoint_key(application_id, endpoint_id) for endpoint_id in endpoint_ids)
    return {key.sk: item.doc for key, item in found.items()}


def user_endpoints(context: Context, application_id: str, user_id: str) -> list[Document]:
    """A user's endpoints, at most fifteen, in the order in which they joined."""
    return users_endpoints(context, application_id, [user_id])[user_id]


def users_endpoints(
    context: Context, application_id: str, user_ids: Iterable[str]
) -> dict[str, list[Document]]:
    """The same for several users; one that no endpoint names has none."""
    keys = {user_id: user_key(application_id, user_id) for user_id in user_ids}
    lists = context.store.get_many(keys.values())
    ids: dict[str, list[str]] = {
        user_id: lists[key].doc["Ids"] if key in lists else [] for user_id, key in keys.items()
    }
    found = get_endpoints(context, application_id, chain.from_iterable(ids.values()))
    return {user_id: [found[name] for name in names if name in found] for user_id, names in ids.items()}


def delete_endpoints(context: Context, application_id: str, endpoint_ids: Iterable[str]) -> list[Document]:
    """Remove endpoints with all that agrees with them; those that existed are given as they were.

    Raises:
        TooManyRequests: Others changed one of them on every attempt.
    """
    removed: list[Document] = []
    for endpoint_id in endpoint_ids:
        document = _delete(context, application_id, endpoint_id)
        if document is not None:
            removed.append(document)
    return removed


def _delete(context: Context, application_id: str, endpoint_id: str) -> Document | None:
    for attempt in range(_ATTEMPTS):
        work = WorkingSet(context.store)
        document = Bonds(work, application_id).remove(endpoint_id)
        try:
            context.store.write(work.writes())
        except (TransactionLost, TimeoutError):
            time.sleep(0.01 * 2**attempt * random.random())
            continue
        return document
    raise TooManyRequests("the endpoint was changed by others on every attempt: try again")
