"""Values that a template may show, in layers: the first layer that knows a path gives the value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from engine import choices

_INDEX: Final = re.compile(r"\.?\[(\d+)\]$")


@dataclass(frozen=True)
class Values:
    """Layers of values, the strongest first."""

    layers: tuple[Mapping[str, Any], ...]

    def within(self, layer: Mapping[str, Any]) -> "Values":
        return Values((layer, *self.layers))

    def look_up(self, path: str) -> Any:
        """The value at a path such as `Attributes.Offers.[0]`; None if no layer has one."""
        path = path.removeprefix("this.") if path != "this" else path
        index: int | None = None
        if found := _INDEX.search(path):
            index = int(found[1])
            path = path[: found.start()]
        for layer in self.layers:
            value = _in_layer(layer, path)
            if value is None or value == []:
                continue
            if index is None:
                return value
            items: list[Any] = value if isinstance(value, list) else [value]
            if index < len(items):
                return items[index]
        return None


def as_text(value: Any) -> str:
    """A value as a message shows it."""
    if isinstance(value, list):
        items: list[Any] = value
        return choices.VALUES_JOINED_BY.join(as_text(item) for item in items)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _in_layer(layer: Mapping[str, Any], path: str) -> Any:
    if path in layer:
        return layer[path]
    value: Any = layer
    rest = path
    while rest:
        if not isinstance(value, Mapping):
            return None
        here = cast("Mapping[str, Any]", value)
        # An attribute's name may hold dots itself.
        if rest in here:
            return here[rest]
        name, _, rest = rest.partition(".")
        value = here.get(name)
    return value
