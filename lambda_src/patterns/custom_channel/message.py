"""One message to one endpoint, as it travels through the queue to the adapter."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final


class MessageUnreadable(Exception):
    """A message of the queue was not written by the accept function."""


@dataclass(frozen=True)
class ChannelMessage:
    """What an adapter is asked to send.

    Attributes:
        key: The same for every repetition: the idempotency key.
        owner: The acceptance that made it; a second acceptance of the same message is a duplicate.
        application_id: The Pinpoint project.
        endpoint_id: Whom it is for.
        endpoint: The endpoint as Pinpoint gave it; anything in it may be missing.
        data: The campaign's `CustomMessage.Data`.
        accepted_at: Epoch milliseconds.
        campaign_id, activity_id, treatment_id, journey_id: Where it comes from, empty if not said.
        generation: How often it was put back after it had failed.
        defect: Why it can never be sent, empty if it can.
    """

    key: str
    owner: str
    application_id: str
    endpoint_id: str
    data: str
    accepted_at: int
    campaign_id: str = ""
    activity_id: str = ""
    treatment_id: str = ""
    journey_id: str = ""
    generation: int = 0
    defect: str = ""
    endpoint: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def address(self) -> str:
        return _text(self.endpoint.get("Address"))

    @property
    def channel_type(self) -> str:
        return _text(self.endpoint.get("ChannelType"))

    @property
    def user_id(self) -> str:
        return _text(_map(self.endpoint.get("User")).get("UserId"))

    @property
    def attributes(self) -> Mapping[str, Any]:
        return _map(self.endpoint.get("Attributes"))

    @property
    def user_attributes(self) -> Mapping[str, Any]:
        return _map(_map(self.endpoint.get("User")).get("UserAttributes"))

    def put_back(self) -> "ChannelMessage":
        """The message as it waits among the dead letters: moved back, it may be tried anew."""
        return replace(self, generation=self.generation + 1)

    def to_json(self) -> str:
        # Escaped: a queue refuses bodies with control characters, and names are full of surprises.
        return json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=True)


_TYPES: Final = {member.name: member.type for member in fields(ChannelMessage)}


def message_from_json(text: str) -> ChannelMessage:
    """Read a message of the queue.

    Raises:
        MessageUnreadable: It is something else; the message says what.
    """
    try:
        members = json.loads(text)
    except ValueError:
        raise MessageUnreadable("not JSON") from None
    if not isinstance(members, dict):
        raise MessageUnreadable("not a JSON object")
    unknown = members.keys() - _TYPES.keys()
    if unknown:
        raise MessageUnreadable(f"{len(unknown)} unknown members")
    for name, value in members.items():
        expected = dict if name == "endpoint" else _TYPES[name]
        if type(value) is not expected:
            raise MessageUnreadable(f"{name} has the wrong type")
    try:
        return ChannelMessage(**members)
    except TypeError:
        raise MessageUnreadable("members are missing") from None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
