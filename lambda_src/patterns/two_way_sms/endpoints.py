"""Which endpoints of the project a handset has: the API cannot be asked by address, so there is a rule."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class EndpointLookup(Protocol):
    """Finds a handset's endpoints. Called before an opt-out or an opt-in is recorded."""

    def endpoint_ids(self, sender: str, state: Mapping[str, Any]) -> Sequence[str]:
        """The ids, at least one.

        Args:
            sender: In E.164.
            state: Of the conversation: a responder may have noted there who it speaks with.
        """
        ...


def derived_id(number: str) -> str:
    """The endpoint id that a phone number has by the rule: `sms-` and 32 hex digits of its SHA-256."""
    return f"sms-{hashlib.sha256(number.encode()).hexdigest()[:32]}"


class DerivedEndpoint:
    """Each number has one endpoint, whose id follows from it: an import can give its rows the same ids."""

    def endpoint_ids(self, sender: str, state: Mapping[str, Any]) -> Sequence[str]:  # noqa: ARG002
        """The one id."""
        return [derived_id(sender)]
