"""What callers ask of the endpoints, and what they get back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import PinpointError
from engine.store import Document


@dataclass(frozen=True)
class EndpointChange:
    """One create or update.

    Attributes:
        endpoint_id: The id in any letter case.
        request: The members of an `EndpointRequest` (types as in the model: attribute values are
            lists of strings, metrics are numbers); others are ignored.
        complete_when_new: Refuse to create the endpoint unless both Address and ChannelType are
            there, which is the rule of imports.
    """

    endpoint_id: str
    request: Mapping[str, Any]
    complete_when_new: bool = False


@dataclass(frozen=True)
class EndpointOutcome:
    """What became of one change.

    Attributes:
        endpoint_id: As asked for.
        document: The endpoint as written, an `EndpointResponse`; None if it was refused.
        created: Whether the endpoint is new.
        error: Why it was refused: `BadRequest`, or `TooManyRequests` when others kept changing it.
    """

    endpoint_id: str
    document: Document | None = None
    created: bool = False
    error: PinpointError | None = None
