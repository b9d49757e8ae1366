"""Botocore's service model of Pinpoint: operations, routes and shapes.

The raw JSON is used as it is: a request needs one operation and the shapes below it, and objects
for all 122 operations would only cost a cold start.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

_SERVICE: Final = "pinpoint"
_API_VERSION: Final = "2016-12-01"
_DEFAULT_STATUS: Final = 200


@dataclass(frozen=True)
class Member:
    """A member of an operation's input.

    Attributes:
        name: As the operation's function reads it.
        shape: The name of its shape.
        location: `uri`, `querystring` or `payload`.
        wire_name: Its name in the path or the query.
        required: Whether a request must have it.
    """

    name: str
    shape: str
    location: str
    wire_name: str
    required: bool


@dataclass(frozen=True)
class Operation:
    """One operation as the wire sees it.

    Attributes:
        name: Such as `CreateApp`.
        method: Such as `POST`.
        path: The URI template, such as `/v1/apps/{application-id}`.
        status: The code of success.
        members: The input.
        output_shape: The shape of the answer's body, None if it has none.
    """

    name: str
    method: str
    path: str
    status: int
    members: tuple[Member, ...]
    output_shape: str | None


class Model:
    """The service model.

    Args:
        raw: Its JSON.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw

    @property
    def operation_names(self) -> list[str]:
        """All operations, served or not."""
        return list(self._raw["operations"])

    def shape(self, name: str) -> Mapping[str, Any]:
        """A shape's definition."""
        shape: Mapping[str, Any] = self._raw["shapes"][name]
        return shape

    def http(self, name: str) -> tuple[str, str]:
        """An operation's method and URI template."""
        http = self._raw["operations"][name]["http"]
        return http["method"], http["requestUri"]

    def operation(self, name: str) -> Operation:
        """One operation."""
        raw = self._raw["operations"][name]
        method, path = self.http(name)
        return Operation(
            name=name,
            method=method,
            path=path,
            status=raw["http"].get("responseCode", _DEFAULT_STATUS),
            members=tuple(self._members(raw["input"]["shape"])) if "input" in raw else (),
            output_shape=self._output_shape(raw),
        )

    def _members(self, input_shape: str) -> list[Member]:
        shape = self.shape(input_shape)
        return [
            Member(
                name=name,
                shape=member["shape"],
                location=member.get("location", "payload"),
                wire_name=member.get("locationName", name),
                required=name in shape.get("required", ()),
            )
            for name, member in shape["members"].items()
        ]

    def _output_shape(self, raw: Mapping[str, Any]) -> str | None:
        if "output" not in raw:
            return None
        output = self.shape(raw["output"]["shape"])
        payload: str = output["members"][output["payload"]]["shape"]
        return payload


@cache
def pinpoint() -> Model:
    """The model of the botocore at hand, read once."""
    # Imported here: a module that only names shapes needs no botocore.
    from botocore.loaders import Loader

    return Model(Loader().load_service_model(_SERVICE, "service-2", _API_VERSION))
