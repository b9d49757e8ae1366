"""What a kind of resource has to offer, and what it may use."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.context import Context
from engine.errors import BadRequest, NotFound, NotYetImplemented
from engine.operations.registry import find_operation
from engine.protocol.model import pinpoint
from engine.provider.coercion import request_body, tags
from engine.provider.event import Event

_ID_DIGITS: Final = 32


@dataclass(frozen=True)
class Made:
    """A resource as it is now: its physical id, and its documented attributes."""

    physical_id: str
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Call:
    """One request, with the world to serve it in.

    Attributes:
        context: Its ids follow from the request, so that a repeated request names the same resource.
        event: What is asked for.
        repeated: Whether this request was begun before.
    """

    context: Context
    event: Event
    repeated: bool

    @property
    def first_id(self) -> str:
        """The id that the first new resource of this request gets, this time and every other."""
        return _id(self.event, 0)

    def text(self, name: str) -> str:
        """A property that must be there.

        Raises:
            BadRequest: It is not.
        """
        value = self.event.properties.get(name)
        if value in (None, ""):
            raise BadRequest(f"{name} is required")
        return str(value)

    def old_text(self, name: str) -> str:
        """The same property before the update."""
        return str(self.event.old_properties.get(name, ""))

    def body(
        self, shape: str, *, renamed: Mapping[str, str] | None = None, outside: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """The properties as an operation's payload."""
        return request_body(pinpoint(), shape, self.event.properties, renamed=renamed, outside=outside)

    def perform(self, operation: str, **members: Any) -> dict[str, Any]:
        """Call an operation of the API in process.

        Raises:
            NotYetImplemented: The engine does not serve it.
            PinpointError: As the operation does.
        """
        function = find_operation(operation)
        if function is None:
            raise NotYetImplemented(f"{operation} is not served by this engine yet")
        return dict(function(self.context, members) or {})

    def find(self, operation: str, **members: Any) -> dict[str, Any] | None:
        """The same for something that may not be there."""
        try:
            return self.perform(operation, **members)
        except NotFound:
            return None

    def change_tags(self, arn: str) -> None:
        """Make a resource's tags what the template says, after an update."""
        new = tags(self.event.properties.get("Tags", {}))
        gone = [key for key in tags(self.event.old_properties.get("Tags", {})) if key not in new]
        if gone:
            self.perform("UntagResource", ResourceArn=arn, TagKeys=gone)
        if new:
            self.perform("TagResource", ResourceArn=arn, TagsModel={"tags": new})


@dataclass(frozen=True)
class Kind:
    """A kind of resource: how it is made, changed and removed.

    An update that gives another physical id is a replacement, and CloudFormation deletes the former
    one. Removing what is not there is a success.
    """

    create: Callable[[Call], Made]
    update: Callable[[Call], Made]
    delete: Callable[[Call], None]


def begin(context: Context, event: Event, *, repeated: bool) -> Call:
    """A call whose new ids follow from the request."""
    ids = _ids(event)
    return Call(replace(context, new_id=lambda: next(ids)), event, repeated)


def _ids(event: Event) -> Iterator[str]:
    count = 0
    while True:
        yield _id(event, count)
        count += 1


def _id(event: Event, count: int) -> str:
    seed = f"{event.stack_id}\n{event.logical_id}\n{event.request_id}\n{count}"
    return hashlib.sha256(seed.encode()).hexdigest()[:_ID_DIGITS]
