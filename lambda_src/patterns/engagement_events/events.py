"""The records of a Pinpoint event stream as types: the ones a consumer acts on, and the rest as they are.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/event-streams-data-email.html and its
siblings for campaigns, SMS and apps.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, cast

# How a provider says that a mail in its spam folder was none.
_NO_COMPLAINT: Final = "not-spam"


class MalformedRecord(Exception):
    """A record that is no event: no JSON, or without what every event of its type has.

    Attributes:
        reason: What is wrong, without any of its values.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Envelope:
    """What every event has.

    Attributes:
        event_type: Such as `_email.hardbounce`, or an app's own name.
        arrived_at: When Pinpoint took it in. E-mail events of one message share the other timestamp.
        application_id: The project; empty if the record names none.
        client_id: The endpoint id; of transactional e-mail a random UUID; empty if the record names none.
        attributes: Texts by name.
    """

    event_type: str
    arrived_at: datetime
    application_id: str
    client_id: str
    attributes: Mapping[str, str]

    @property
    def campaign_id(self) -> str | None:
        """The campaign that the message belongs to."""
        return self.attributes.get("campaign_id")

    @property
    def endpoint_id(self) -> str | None:
        """The endpoint, where `client_id` is one: messages of campaigns and journeys."""
        is_endpoint = self.campaign_id or self.attributes.get("journey_id")
        return self.client_id if is_endpoint and self.client_id else None


@dataclass(frozen=True)
class BouncedRecipient:
    """One address of a bounce.

    Attributes:
        address: The e-mail address.
        diagnostic_code: What the receiving server said.
    """

    address: str
    diagnostic_code: str | None


@dataclass(frozen=True)
class HardBounce:
    """An e-mail that can never be delivered to these addresses."""

    envelope: Envelope
    message_id: str
    sub_type: str | None
    recipients: tuple[BouncedRecipient, ...]


@dataclass(frozen=True)
class Complaint:
    """An e-mail that was reported as spam; `feedback_type` as the provider said, such as `abuse`."""

    envelope: Envelope
    message_id: str
    feedback_type: str | None
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class OptOut:
    """Addresses that want no more messages by a channel.

    Attributes:
        message_id: The message that they unsubscribed from, or that was refused because they had opted out;
            empty if the record names none.
    """

    envelope: Envelope
    channel: Literal["EMAIL", "SMS"]
    message_id: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class CampaignSend:
    """What became of one endpoint in one run of a campaign; `status` as documented, such as `SUCCESS`."""

    envelope: Envelope
    activity_id: str
    status: str


@dataclass(frozen=True)
class OtherEvent:
    """Any event that has no type of its own here, unknown ones included."""

    envelope: Envelope


Event: TypeAlias = HardBounce | Complaint | OptOut | CampaignSend | OtherEvent


def parse(data: bytes) -> Event:
    """Read one record.

    Args:
        data: The record's bytes, base64 decoded.

    Raises:
        MalformedRecord: It is no event.
    """
    try:
        record: Any = json.loads(data)
    except (ValueError, RecursionError):
        raise MalformedRecord("the record is not JSON") from None
    if not isinstance(record, dict):
        raise MalformedRecord("the record is not a JSON object")
    fields = cast("dict[str, Any]", record)
    envelope = _envelope(fields)
    builder = _BUILDERS.get(envelope.event_type)
    return builder(envelope, fields) if builder else OtherEvent(envelope)


def _envelope(record: Mapping[str, Any]) -> Envelope:
    attributes = _object(record, "attributes")
    return Envelope(
        event_type=_text(record, "event_type"),
        arrived_at=_moment(record),
        application_id=str(_object(record, "application").get("app_id") or ""),
        client_id=str(_object(record, "client").get("client_id") or ""),
        attributes={name: str(value) for name, value in attributes.items()},
    )


def _hard_bounce(envelope: Envelope, record: Mapping[str, Any]) -> Event:
    mail_event = _mail_event(record)
    mail, bounce = _object(mail_event, "mail"), _object(mail_event, "bounce")
    if bounce.get("bounce_type", "Permanent") != "Permanent":
        return OtherEvent(envelope)
    recipients = tuple(
        BouncedRecipient(_text(entry, "email_address"), str(code) if code else None)
        for entry in _recipients(mail, bounce, "bounced_recipients")
        for code in [entry.get("diagnostic_code")]
    )
    return HardBounce(envelope, _text(mail, "message_id"), bounce.get("bounce_sub_type"), recipients)


def _complaint(envelope: Envelope, record: Mapping[str, Any]) -> Event:
    mail_event = _mail_event(record)
    mail, complaint = _object(mail_event, "mail"), _object(mail_event, "complaint")
    feedback = complaint.get("complaint_feedback_type")
    if feedback == _NO_COMPLAINT:
        return OtherEvent(envelope)
    listed = _recipients(mail, complaint, "complained_recipients")
    addresses = tuple(_text(entry, "email_address") for entry in listed)
    return Complaint(envelope, _text(mail, "message_id"), str(feedback) if feedback else None, addresses)


def _unsubscribe(envelope: Envelope, record: Mapping[str, Any]) -> Event:
    mail = _object(_mail_event(record), "mail")
    addresses = tuple(_text(entry, "email_address") for entry in _recipients(mail, {}, ""))
    return OptOut(envelope, "EMAIL", _text(mail, "message_id"), addresses)


def _sms_opt_out(envelope: Envelope, record: Mapping[str, Any]) -> Event:  # noqa: ARG001
    number = _text(envelope.attributes, "destination_phone_number")
    message_id = envelope.attributes.get("message_id") or envelope.attributes.get("sender_request_id", "")
    return OptOut(envelope, "SMS", message_id, (number,))


def _mail_event(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(_object(_object(record, "facets"), "email_channel"), "mail_event")


def _recipients(mail: Mapping[str, Any], facet: Mapping[str, Any], listed_as: str) -> list[Mapping[str, Any]]:
    """Those whom a facet lists; without a list, all whom the mail was sent to."""
    listed = _list(facet, listed_as) or [{"email_address": address} for address in _list(mail, "destination")]
    if not listed:
        raise MalformedRecord("an e-mail event without recipients")
    if not all(isinstance(entry, dict) for entry in listed):
        raise MalformedRecord("a recipient that is no object")
    return listed


def _campaign_send(envelope: Envelope, record: Mapping[str, Any]) -> Event:  # noqa: ARG001
    return CampaignSend(
        envelope,
        activity_id=_text(envelope.attributes, "campaign_activity_id"),
        status=_text(envelope.attributes, "campaign_send_status"),
    )


def _object(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name) or {}
    if not isinstance(value, dict):
        raise MalformedRecord(f"{name} is not an object")
    return cast("Mapping[str, Any]", value)


def _list(record: Mapping[str, Any], name: str) -> list[Any]:
    value = record.get(name) or []
    if not isinstance(value, list):
        raise MalformedRecord(f"{name} is not a list")
    return value  # pyright: ignore[reportUnknownVariableType]


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedRecord(f"{name} is missing")
    return value


def _moment(record: Mapping[str, Any]) -> datetime:
    milliseconds = record.get("arrival_timestamp", record.get("event_timestamp"))
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        raise MalformedRecord("arrival_timestamp is missing")
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise MalformedRecord("arrival_timestamp is out of range") from None


_BUILDERS: Final[Mapping[str, Callable[[Envelope, Mapping[str, Any]], Event]]] = {
    "_email.hardbounce": _hard_bounce,
    "_email.complaint": _complaint,
    "_email.unsubscribe": _unsubscribe,
    "_SMS.OPTOUT": _sms_opt_out,
    "_campaign.send": _campaign_send,
}
