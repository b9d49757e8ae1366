"""A campaign's e-mail, rendered for one endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.context import Context
from engine.rendering.template import render
from engine.senders.campaign_message import NotSendable, campaign_template, default_values
from engine.senders.email import EmailToSend, send_email
from engine.senders.outcome import SendOutcome
from engine.store import Document


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

    def send(self, context: Context, endpoint: Document) -> SendOutcome:
        """Send it to one endpoint; a variable without a value shows as nothing.

        Raises:
            RenderingError: A template is broken.
        """
        layers = [endpoint, self.defaults]
        email = EmailToSend(
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
        return send_email(context, email)


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
    template = campaign_template(context, campaign, "EmailTemplate", "EMAIL")
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
        defaults=default_values(template),
        configuration_set=channel.get("ConfigurationSet"),
    )
