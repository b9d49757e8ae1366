"""Whom a direct message is for: addresses and endpoints, each once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.context import Context
from engine.endpoints.access import get_endpoints
from engine.senders.outcome import SendOutcome
from engine.store import Document


@dataclass(frozen=True)
class Recipient:
    """One entry of Addresses or Endpoints, or one endpoint of a user.

    Attributes:
        name: The entry's key, or the endpoint's id.
        configuration: The entry.
        address: Where the message goes.
        channel: Its channel type.
        endpoint: The stored endpoint, or what is known of a bare address.
        refused: Why nothing can be sent to it.
    """

    name: str
    configuration: Document
    address: str = ""
    channel: str = ""
    endpoint: Document = field(default_factory=dict[str, Any])
    refused: SendOutcome | None = None

    @property
    def endpoint_id(self) -> str:
        """The endpoint's id; empty for a bare address."""
        return str(self.endpoint.get("Id", ""))


def addressed(entries: Mapping[str, Document]) -> list[Recipient]:
    """The recipients of `Addresses`."""
    recipients: list[Recipient] = []
    for address, configuration in entries.items():
        channel = configuration.get("ChannelType", "")
        known = {"Address": address, "ChannelType": channel}
        recipients.append(
            Recipient(address, configuration, address, channel, known, _refusal(address, channel))
        )
    return recipients


def stored(context: Context, application_id: str, entries: Mapping[str, Document]) -> list[Recipient]:
    """The recipients of `Endpoints`."""
    found = get_endpoints(context, application_id, entries)
    missing = SendOutcome("PERMANENT_FAILURE", 404, "no endpoint has this id")
    return [
        Recipient(name, configuration, refused=missing)
        if (endpoint := found.get(name.lower())) is None
        else endpoint_recipient(name, configuration, endpoint)
        for name, configuration in entries.items()
    ]


def endpoint_recipient(name: str, configuration: Document, endpoint: Document) -> Recipient:
    """An endpoint as a recipient."""
    address, channel = endpoint.get("Address", ""), endpoint.get("ChannelType", "")
    return Recipient(name, configuration, address, channel, endpoint, _refusal(address, channel))


def without_duplicates(recipients: Iterable[Recipient]) -> list[Recipient]:
    """All of them; of several with one address on one channel, only the first is sent to."""
    seen: set[tuple[str, str]] = set()
    kept: list[Recipient] = []
    for recipient in recipients:
        place = (recipient.channel, recipient.address)
        if recipient.refused is None and place in seen:
            duplicate = SendOutcome("DUPLICATE", 400, "the address is that of another recipient")
            recipient = replace(recipient, refused=duplicate)
        if recipient.refused is None:
            seen.add(place)
        kept.append(recipient)
    return kept


def channels_of(recipients: Sequence[Recipient]) -> frozenset[str]:
    """The channels on which anything can be sent."""
    return frozenset(recipient.channel for recipient in recipients if recipient.refused is None)


def _refusal(address: str, channel: str) -> SendOutcome | None:
    if not channel:
        return SendOutcome("PERMANENT_FAILURE", 400, "the recipient has no ChannelType")
    if not address:
        return SendOutcome("PERMANENT_FAILURE", 400, "the endpoint has no Address")
    return None
