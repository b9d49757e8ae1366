"""One step of an erasure: whom it is about, which page of which store, and when to stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from patterns.forget.person import Person, person
from patterns.forget.stores import PersonStore


class InvalidRequest(Exception):
    """A request says of whom it is in no usable way, or names a place that is none."""


@dataclass(frozen=True)
class Request:
    """What the caller says.

    Attributes:
        whom: The person.
        store: The store to begin with; empty for the first.
        after: Where in it.
        removed: By store, what steps before this one removed.
    """

    whom: Person
    store: str
    after: Mapping[str, Any] | None
    removed: Mapping[str, int]

    def about(self, whom: Person) -> "Request":
        """The same request about a person of whom more is known."""
        return replace(self, whom=whom)


def request_of(event: Any) -> Request:
    """Read what the caller says.

    Raises:
        InvalidRequest: It is no such request.
    """
    if not isinstance(event, Mapping):
        raise InvalidRequest("the request must be a JSON object")
    told: Mapping[str, Any] = event  # pyright: ignore[reportUnknownVariableType]
    user_id = told.get("user_id", "")
    if not isinstance(user_id, str):
        raise InvalidRequest("user_id must be a text")
    whom = person(user_id, _texts(told, "endpoint_ids"), _texts(told, "addresses"))
    if whom == Person():
        raise InvalidRequest("one of user_id, endpoint_ids and addresses must say who it is")
    place = told.get("next", {})
    if not isinstance(place, Mapping):
        raise InvalidRequest("next must be what the step before answered")
    cursor: Mapping[str, Any] = place  # pyright: ignore[reportUnknownVariableType]
    store, after, removed = cursor.get("store", ""), cursor.get("after"), cursor.get("removed", {})
    if not (isinstance(store, str) and isinstance(removed, Mapping) and isinstance(after, Mapping | None)):
        raise InvalidRequest("next must be what the step before answered")
    return Request(whom, store, after, removed)  # pyright: ignore[reportUnknownArgumentType]


def _texts(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values: Any = told.get(name, [])
    if not isinstance(values, list):
        raise InvalidRequest(f"{name} must be a list of texts")
    texts: list[Any] = values  # pyright: ignore[reportUnknownVariableType]
    if not all(isinstance(each, str) for each in texts):
        raise InvalidRequest(f"{name} must be a list of texts")
    return tuple(texts)


def step(
    request: Request, stores: Mapping[str, PersonStore], enough: Callable[[], bool]
) -> Mapping[str, Any]:
    """Sweep pages until all stores are done, or it is enough for one step; a step sweeps one at least.

    Args:
        request: Of whom, and where to go on.
        stores: By name, in the order in which they are swept.
        enough: Whether the step has to end.

    Returns:
        `removed` by store, `done`, and `next` if it is not.

    Raises:
        InvalidRequest: The place to go on from is in no store.
    """
    names = list(stores)
    if request.store and request.store not in stores:
        raise InvalidRequest("next names a store that this function does not have: begin anew")
    first = names.index(request.store) if request.store else 0
    removed = {name: request.removed.get(name, 0) for name in names}
    after = request.after
    for name in names[first:]:
        while True:
            swept = stores[name].sweep(request.whom, after)
            removed[name] += swept.removed
            after = swept.after
            if after is None:
                break
            if enough():
                return {
                    "done": False,
                    "removed": removed,
                    "next": {"store": name, "after": after, "removed": removed},
                }
    return {"done": True, "removed": removed}
