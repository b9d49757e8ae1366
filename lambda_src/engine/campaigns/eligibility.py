"""Whom a campaign may send to at all, asked once at targeting and again right before the send."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from engine import choices
from engine.store import Document

Sender: TypeAlias = Literal["CUSTOM", "EMAIL"]


def sender_for(campaign: Mapping[str, Any], channel_type: str | None) -> Sender | None:
    """The sender that a campaign has for a channel; None if it does not address the channel."""
    custom: set[str] = set()
    if campaign.get("MessageConfiguration", {}).get("CustomMessage") is not None:
        delivery = campaign.get("CustomDeliveryConfiguration", {})
        custom = set(delivery.get("EndpointTypes") or ["CUSTOM"])
    has_email = bool(
        campaign.get("MessageConfiguration", {}).get("EmailMessage")
        or campaign.get("TemplateConfiguration", {}).get("EmailTemplate")
    )
    if channel_type == "EMAIL" and has_email:
        return "CUSTOM" if choices.CUSTOM_DELIVERY_TAKES_ITS_TYPES and "EMAIL" in custom else "EMAIL"
    return "CUSTOM" if channel_type in custom else None


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
