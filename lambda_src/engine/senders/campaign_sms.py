"""A campaign's text message, rendered for one endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.context import Context
from engine.rendering.template import render
from engine.senders.campaign_message import NotSendable, campaign_template, default_values
from engine.senders.outcome import SendOutcome
from engine.senders.sms import SmsToSend, send_sms
from engine.senders.sms_settings import sms_settings
from engine.store import Document


@dataclass(frozen=True)
class CampaignSms:
    """A campaign's message, ready to be filled for each endpoint.

    Attributes:
        run: The activity id.
        body: A template.
        defaults: Values where an endpoint has none.
        settings: Origination, message type and country parameters.
    """

    run: str
    body: str
    defaults: Mapping[str, Any]
    settings: Mapping[str, Any]

    def send(self, context: Context, endpoint: Document) -> SendOutcome:
        """Send it to one endpoint; a variable without a value shows as nothing.

        Raises:
            RenderingError: The template is broken.
        """
        sms = SmsToSend(
            application_id=endpoint["ApplicationId"],
            run=self.run,
            address=endpoint["Address"],
            body=render(self.body, [endpoint, self.defaults]),
            endpoint_id=endpoint["Id"],
        )
        return send_sms(context, replace(sms, **self.settings))


def campaign_sms(
    context: Context, campaign: Mapping[str, Any], activity_id: str, channel: Mapping[str, Any]
) -> CampaignSms:
    """The text message of a campaign: its template, and what its own message says instead.

    Args:
        context: The table with the templates.
        campaign: The campaign's document.
        activity_id: The run.
        channel: The application's SMS channel; empty if it has none.

    Raises:
        NotSendable: No text, no such template, or the channel is switched off.
    """
    message: Mapping[str, Any] = campaign.get("MessageConfiguration", {}).get("SMSMessage") or {}
    template = campaign_template(context, campaign, "SMSTemplate", "SMS")
    body = message.get("Body") or template.get("Body")
    if channel.get("Enabled") is False:
        raise NotSendable("the SMS channel of the application is not enabled")
    if not body:
        raise NotSendable("neither the message nor its template has a text")
    return CampaignSms(activity_id, body, default_values(template), sms_settings(message, channel))
