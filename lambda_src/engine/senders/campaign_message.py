"""What a campaign's messages of all channels share: their template, and that they are sent to endpoints."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from engine.context import Context
from engine.operations.documents import active_template_key, template_key
from engine.senders.outcome import SendOutcome
from engine.store import Document


class NotSendable(Exception):
    """The campaign has no message that could be sent to anybody on this channel."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CampaignMessage(Protocol):
    """A campaign's message on one channel, to be filled for each endpoint."""

    def send(self, context: Context, endpoint: Document) -> SendOutcome:
        """Send it to one endpoint; `RenderingError` if its template is broken."""
        ...


def campaign_template(
    context: Context, campaign: Mapping[str, Any], member: str, kind: str
) -> Mapping[str, Any]:
    """The template that a campaign names; empty if it names none.

    Args:
        context: The table with the templates.
        campaign: The campaign's document.
        member: The member of its `TemplateConfiguration`, such as `EmailTemplate`.
        kind: The template's type.

    Raises:
        NotSendable: There is none of this name, or none of this version.
    """
    reference: Mapping[str, Any] = campaign.get("TemplateConfiguration", {}).get(member) or {}
    if not reference:
        return {}
    version = reference.get("Version")
    if version is None:
        key = active_template_key(kind, reference["Name"])
    elif str(version).isdigit():
        key = template_key(kind, reference["Name"], int(version))
    else:
        raise NotSendable(f"the template's version must be a number, got {version!r}")
    item = context.store.get(key)
    if item is None:
        raise NotSendable(f"there is no {kind} template {reference['Name']}")
    return item.doc


def default_values(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """A template's values for endpoints that have none.

    Raises:
        NotSendable: They cannot be read.
    """
    try:
        defaults: Any = json.loads(template.get("DefaultSubstitutions") or "{}")
    except ValueError:
        raise NotSendable("the template's DefaultSubstitutions are not JSON") from None
    return defaults if isinstance(defaults, dict) else {}
