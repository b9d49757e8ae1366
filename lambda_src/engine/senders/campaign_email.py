"""A campaign's e-mail, rendered for one endpoint."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.context import Context
from engine.operations.documents import active_template_key, template_key
from engine.rendering.template import render
from engine.senders.email import EmailToSend
from engine.store import Document


class NotSendable(Exception):
    """The campaign has no e-mail that could be sent to anybody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class CampaignEmail:
    """A campaign's message, ready to be filled for each endpoint.

    Attributes:
        run: The activity id.
        from_address: The sender.
        subject, text, html: Templates.
        headers: Further headers; their values are templates.
        defaults: Values where an endpoint has none.
        configuration_set: The e-mail channel's own, if it has one.
    """

    run: str
    from_address: str
    subject: str
    text: str | None
    html: str | None
    headers: Mapping[str, str]
    defaults: Mapping[str, Any]
    configuration_set: str | None

    def render(self, endpoint: Document) -> EmailToSend:
        """The message to one endpoint; a variable without a value shows as nothing.

        Raises:
            RenderingError: A template is broken.
        """
        layers = [endpoint, self.defaults]
        return EmailToSend(
            application_id=endpoint["ApplicationId"],
            run=self.run,
            address=endpoint["Address"],
            from_address=self.from_address,
            subject=" ".join(render(self.subject, layers).split()),
            text=None if self.text is None else render(self.text, layers),
            html=None if self.html is None else render(self.html, layers, html=True),
            headers={name: render(value, layers) for name, value in self.headers.items()},
            configuration_set=self.configuration_set,
        )


def campaign_email(
    context: Context, campaign: Mapping[str, Any], activity_id: str, channel: Mapping[str, Any]
) -> CampaignEmail:
    """The e-mail of a campaign: its template, and what its own message says instead.

    Args:
        context: The table with the templates.
        campaign: The campaign's document.
        activity_id: The run.
        channel: The application's e-mail channel; empty if it has none.

    Raises:
        NotSendable: No sender, no such template, or the channel is switched off.
    """
    message: Mapping[str, Any] = campaign.get("MessageConfiguration", {}).get("EmailMessage") or {}
    template = _template(context, campaign.get("TemplateConfiguration", {}).get("EmailTemplate"))
    from_address = message.get("FromAddress") or channel.get("FromAddress")
    if channel.get("Enabled") is False:
        raise NotSendable("the e-mail channel of the application is not enabled")
    if not from_address:
        raise NotSendable("neither the message nor the application's e-mail channel has a FromAddress")
    headers = message.get("Headers") or template.get("Headers") or ()
    return CampaignEmail(
        run=activity_id,
        from_address=from_address,
        subject=message.get("Title") or template.get("Subject") or "",
        text=message.get("Body") or template.get("TextPart"),
        html=message.get("HtmlBody") or template.get("HtmlPart"),
        headers={header["Name"]: header.get("Value", "") for header in headers},
        defaults=_defaults(template.get("DefaultSubstitutions")),
        configuration_set=channel.get("ConfigurationSet"),
    )


def _template(context: Context, reference: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not reference:
        return {}
    version = reference.get("Version")
    if version is None:
        key = active_template_key("EMAIL", reference["Name"])
    elif str(version).isdigit():
        key = template_key("EMAIL", reference["Name"], int(version))
    else:
        raise NotSendable(f"the template's version must be a number, got {version!r}")
    item = context.store.get(key)
    if item is None:
        raise NotSendable(f"there is no e-mail template {reference['Name']}")
    return item.doc


def _defaults(text: str | None) -> Mapping[str, Any]:
    try:
        defaults: Any = json.loads(text or "{}")
    except ValueError:
        raise NotSendable("the template's DefaultSubstitutions are not JSON") from None
    return defaults if isinstance(defaults, dict) else {}
