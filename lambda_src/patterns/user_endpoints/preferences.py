"""Which preferences there are, and what a request wants of them.

Preferences are attributes of endpoints: `EmailPreference_DailyDeals: ["Subscribed"]`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from patterns.user_endpoints.errors import BadInput

OPT_OUT: Final = "OptOut"
_OPT_OUTS: Final = ("ALL", "NONE")
_MOST_ENDPOINTS: Final = 15


@dataclass(frozen=True)
class Preference:
    """One preference.

    Attributes:
        values: What it may be.
        several: Whether it holds any number of them, rather than one.
        channels: The channel types of the endpoints that have it; empty for all.
    """

    values: tuple[str, ...]
    several: bool = False
    channels: frozenset[str] = frozenset()

    def applies_to(self, endpoint: Mapping[str, Any]) -> bool:
        """Whether an endpoint has this preference."""
        return not self.channels or endpoint.get("ChannelType") in self.channels


Schema = Mapping[str, Preference]


@dataclass(frozen=True)
class Wish:
    """What is to become of one preference: a whole list, or a list with some more and some less."""

    replace: tuple[str, ...] | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def applied(self, stored: Sequence[str]) -> tuple[str, ...]:
        """The list afterwards. Pinpoint knows whole lists only, so that one must be read to be changed."""
        if self.replace is not None:
            return self.replace
        kept = [value for value in stored if value not in self.remove]
        return tuple(dict.fromkeys([*kept, *self.add]))


@dataclass(frozen=True)
class Wishes:
    """What is to become of an endpoint's preferences, and of its opt-out: ALL, NONE or as it is."""

    preferences: Mapping[str, Wish] = field(default_factory=dict[str, Wish])
    opt_out: str | None = None


@dataclass(frozen=True)
class Change:
    """What a request wants.

    Attributes:
        everywhere: Of every endpoint of the user that it applies to.
        endpoints: Of single endpoints, by id; it goes before `everywhere`.
    """

    everywhere: Wishes = field(default_factory=Wishes)
    endpoints: Mapping[str, Wishes] = field(default_factory=dict[str, Wishes])


def schema_from_json(text: str) -> Schema:
    """The schema in a function's settings."""
    return {
        name: Preference(tuple(one["values"]), one["several"], frozenset(one["channels"]))
        for name, one in json.loads(text).items()
    }


def read_change(body: bytes, schema: Schema) -> Change:
    """Read the body of a request.

    Args:
        body: JSON: `{"preferences": {...}, "opt_out": "ALL", "endpoints": {"<id>": {...}}}`, of which
            something must be there.
        schema: Which preferences there are.

    Raises:
        BadInput: It says what, where, and what is allowed.
    """
    sent = json_object(body)
    endpoints = _object(sent.pop("endpoints", {}), "endpoints")
    if len(endpoints) > _MOST_ENDPOINTS:
        raise BadInput(f"a user has at most {_MOST_ENDPOINTS} endpoints", field="endpoints")
    change = Change(
        _wishes(sent, schema, ""),
        {
            name: _wishes(_object(one, f"endpoints.{name}"), schema, f"endpoints.{name}.")
            for name, one in endpoints.items()
        },
    )
    if not any(one.preferences or one.opt_out for one in (change.everywhere, *change.endpoints.values())):
        raise BadInput("nothing to change: give preferences, opt_out or endpoints")
    return change


def json_object(body: bytes) -> dict[str, Any]:
    """A request's body, which has to be a JSON object.

    Raises:
        BadInput: It is not.
    """
    try:
        sent: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("the body must be JSON") from None
    return dict(_object(sent, "the body"))


def _wishes(sent: Mapping[str, Any], schema: Schema, place: str) -> Wishes:
    unknown = sorted(set(sent) - {"preferences", "opt_out"})
    if unknown:
        raise BadInput(
            "no such member: there are preferences, opt_out and endpoints", field=place + unknown[0]
        )
    opt_out = sent.get("opt_out")
    if "opt_out" in sent and opt_out not in _OPT_OUTS:
        raise BadInput("must be ALL or NONE", field=f"{place}opt_out")
    preferences = _object(sent.get("preferences", {}), f"{place}preferences")
    return Wishes(
        {
            name: _wish(name, value, schema, f"{place}preferences.{name}")
            for name, value in preferences.items()
        },
        opt_out,
    )


def _wish(name: str, value: Any, schema: Schema, place: str) -> Wish:
    preference = schema.get(name)
    if preference is None:
        raise BadInput(f"no such preference: there are {', '.join(sorted(schema))}", field=place)
    if not isinstance(value, dict):
        values = _values(value, preference, place)
        if not preference.several and len(values) != 1:
            raise BadInput(f"must be a list of one value, got {len(values)}", field=place)
        return Wish(replace=values)
    if not preference.several:
        raise BadInput("holds one value: send a list of one", field=place)
    parts = cast("dict[str, Any]", value)
    if not parts or not {"add", "remove"}.issuperset(parts):
        raise BadInput('must be a list, or {"add": [...], "remove": [...]}', field=place)
    add = _values(parts.get("add", []), preference, f"{place}.add")
    remove = _values(parts.get("remove", []), preference, f"{place}.remove")
    if set(add) & set(remove):
        raise BadInput("a value cannot be added and removed at once", field=place)
    return Wish(add=add, remove=remove)


def _values(value: Any, preference: Preference, place: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise BadInput("must be a list of texts", field=place)
    values: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    if not all(one in preference.values for one in values):
        raise BadInput(f"allowed are {', '.join(preference.values)}", field=place)
    return tuple(dict.fromkeys(values))


def _object(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{place} must be an object", field=None if place == "the body" else place)
    return cast("Mapping[str, Any]", value)
