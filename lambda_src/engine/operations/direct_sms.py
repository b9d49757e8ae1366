"""The text message of a SendMessages request, before anybody's values are filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.context import Context
from engine.errors import BadRequest
from engine.operations.channels import usable_channel
from engine.operations.message_templates import referenced_template
from engine.operations.recipients import Recipient
from engine.operations.substitutions import Substitutions, substitutions_of
from engine.rendering.template import render
from engine.senders.outcome import SendOutcome
from engine.senders.sms import SmsToSend, send_sms
from engine.senders.sms_settings import sms_settings
from engine.store import Document


@dataclass(frozen=True)
class DirectSms:
    """A text message before it is rendered.

    Attributes:
        body: A template.
        values: What its variables show.
        settings: What is the same for every recipient: origination, message type, keyword, countries.
    """

    body: str
    values: Substitutions
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def send(self, context: Context, recipient: Recipient, *, application_id: str, run: str) -> SendOutcome:
        """Send it to one recipient.

        Raises:
            RenderingError: A variable has no value: nothing is sent.
        """
        body = recipient.configuration.get("BodyOverride") or self.body
        layers = self.values.layers(recipient.configuration, recipient.endpoint)
        sms = SmsToSend(
            application_id=application_id,
            run=run,
            address=recipient.address,
            body=render(body, layers, strict=True),
            endpoint_id=recipient.endpoint_id,
        )
        return send_sms(context, replace(sms, **self.settings))


def direct_sms(context: Context, application_id: str, message_request: Document) -> DirectSms:
    """Read the text message of a request, its template and the application's SMS channel.

    Raises:
        BadRequest: There is nothing to send, or the channel is disabled.
        NotFound: The template does not exist.
    """
    configuration = message_request["MessageConfiguration"]
    message: Document = configuration.get("SMSMessage", {})
    channel = usable_channel(context, application_id, "SMS")
    template = referenced_template(context, "SMS", message_request, "SMSTemplate")
    default = configuration.get("DefaultMessage", {}).get("Body")
    body = template.get("Body") if template else message.get("Body") or default
    if not body:
        raise BadRequest("MessageRequest has no text to send: give SMSMessage.Body or an SMSTemplate")
    return DirectSms(
        body, substitutions_of(configuration, "SMSMessage", template), sms_settings(message, channel)
    )
