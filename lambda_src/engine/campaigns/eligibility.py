"""Whom a campaign may send to at all, asked once at targeting and again right before the send."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from engine import choices
from engine.store import Document

Sender: TypeAlias = Literal["CUSTOM", "EMAIL", "SMS"]
# By channel: its sender, and the message and the template that a campaign may have for it.
_OWN: Final[Mapping[str, tuple[Sender, str, str]]] = {
    "EMAIL": ("EMAIL", "EmailMessage", "EmailTemplate"),
    "SMS": ("SMS", "SMSMessage", "SMSTemplate"),
}


def sender_for(campaign: Mapping[str, Any], channel_type: str | None) -> Sender | None:
    """The sender that a campaign has for a channel; None if it does not address the channel."""
    custom: set[str] = set()
    if campaign.get("MessageConfiguration", {}).get("CustomMessage") is not None:
        delivery = campaign.get("CustomDeliveryConfiguration", {})
        custom = set(delivery.get("EndpointTypes") or ["CUSTOM"])
    own = _own_sender(campaign, channel_type or "")
    if channel_type in custom and (own is None or choices.CUSTOM_DELIVERY_TAKES_ITS_TYPES):
        return "CUSTOM"
    return own


def _own_sender(campaign: Mapping[str, Any], channel_type: str) -> Sender | None:
    """The engine's sender for a channel, if the campaign has a message or a template for it."""
    if channel_type not in _OWN:
        return None
    sender, message, template = _OWN[channel_type]
    has_message = campaign.get("MessageConfiguration", {}).get(message)
    return sender if has_message or campaign.get("TemplateConfiguration", {}).get(template) else None


def why_left_out(campaign: Mapping[str, Any], endpoint: Document) -> str | None:
    """Why a campaign must not send to an endpoint; None if it may."""
    if sender_for(campaign, endpoint.get("ChannelType")) is None:
        return "CHANNEL"
    # Before the opt-out: an endpoint made without an address is opted out for that reason alone.
    if not endpoint.get("Address"):
        return "NO_ADDRESS"
    if endpoint.get("OptOut") == "ALL":
        return "OPT_OUT"
    if endpoint.get("EndpointStatus") == "INACTIVE":
        return "INACTIVE"
    return None


def is_held_out(campaign: Mapping[str, Any], endpoint: Document) -> bool:
    """Whether the endpoint's cohort is one that the campaign leaves out, in every run the same."""
    percent = int(campaign.get("HoldoutPercent") or 0)
    return int(endpoint.get("CohortId", "99")) < percent
