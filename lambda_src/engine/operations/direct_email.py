"""The e-mail of a SendMessages request, before anybody's values are filled in."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.context import Context
from engine.errors import BadRequest
from engine.operations.channels import usable_channel
from engine.operations.message_templates import referenced_template
from engine.operations.recipients import Recipient
from engine.operations.substitutions import Substitutions, substitutions_of
from engine.rendering.template import render
from engine.senders.email import EmailToSend, send_email
from engine.senders.outcome import SendOutcome
from engine.store import Document


@dataclass(frozen=True)
class DirectEmail:
    """A message before it is rendered; parts that it does not have are None."""

    from_address: str
    subject: str = ""
    text: str | None = None
    html: str | None = None
    raw: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    reply_to: tuple[str, ...] = ()
    feedback_address: str | None = None
    configuration_set: str | None = None
    values: Substitutions = field(default_factory=Substitutions)

    def send(self, context: Context, recipient: Recipient, *, application_id: str, run: str) -> SendOutcome:
        """Send it to one recipient.

        Raises:
            RenderingError: A variable has no value: nothing is sent.
        """
        return send_email(context, self._render(recipient, application_id=application_id, run=run))

    def _render(self, recipient: Recipient, *, application_id: str, run: str) -> EmailToSend:
        mail = self._overridden(recipient.configuration)
        layers = self.values.layers(recipient.configuration, recipient.endpoint)
        text, html, raw = mail.text, mail.html, mail.raw
        return EmailToSend(
            application_id=application_id,
            run=run,
            address=recipient.address,
            from_address=mail.from_address,
            subject=_one_line(render(mail.subject, layers, strict=True)),
            text=None if text is None else render(text, layers, strict=True),
            html=None if html is None else render(html, layers, html=True, strict=True),
            raw=None if raw is None else render(raw, layers, strict=True).encode(),
            headers={
                name: _one_line(render(value, layers, strict=True)) for name, value in mail.headers.items()
            },
            reply_to=mail.reply_to,
            feedback_address=mail.feedback_address,
            configuration_set=mail.configuration_set,
        )

    def _overridden(self, overrides: Mapping[str, Any]) -> "DirectEmail":
        mail = self
        if title := overrides.get("TitleOverride"):
            mail = replace(mail, subject=title)
        if body := overrides.get("BodyOverride"):
            mail = replace(
                mail,
                html=body if mail.html is not None else None,
                text=body if mail.text is not None or mail.html is None else None,
            )
        if raw := overrides.get("RawContent"):
            mail = replace(mail, raw=raw)
        return mail


def direct_email(context: Context, application_id: str, message_request: Document) -> DirectEmail:
    """Read the message of a request, its template and the application's e-mail channel.

    Raises:
        BadRequest: There is nothing to send, or nobody it is from.
        NotFound: The template does not exist.
    """
    configuration = message_request["MessageConfiguration"]
    message: Document = configuration.get("EmailMessage", {})
    channel = usable_channel(context, application_id, "EMAIL")
    from_address = message.get("FromAddress") or channel.get("FromAddress")
    if not from_address:
        raise BadRequest(
            "MessageRequest.MessageConfiguration.EmailMessage.FromAddress is required: the application has "
            "no e-mail channel to take it from"
        )
    template = referenced_template(context, "EMAIL", message_request, "EmailTemplate")
    mail = DirectEmail(
        from_address=from_address,
        reply_to=tuple(message.get("ReplyToAddresses", ())),
        feedback_address=message.get("FeedbackForwardingAddress"),
        configuration_set=channel.get("ConfigurationSet"),
        values=substitutions_of(configuration, "EmailMessage", template),
    )
    if template:
        return _of_template(mail, template)
    return _of_message(mail, message, configuration.get("DefaultMessage", {}).get("Body"))


def _of_template(mail: DirectEmail, template: Document) -> DirectEmail:
    return replace(
        mail,
        subject=template.get("Subject", ""),
        text=template.get("TextPart"),
        html=template.get("HtmlPart"),
        headers=_headers(template.get("Headers", ())),
    )


def _of_message(mail: DirectEmail, message: Document, default_body: str | None) -> DirectEmail:
    if "RawEmail" in message:
        try:
            raw = base64.b64decode(message["RawEmail"].get("Data", "")).decode()
        except UnicodeDecodeError:
            raise BadRequest("EmailMessage.RawEmail.Data must be a MIME message in ASCII or UTF-8") from None
        return replace(mail, raw=raw)
    simple: Document = message.get("SimpleEmail", {})
    parts = {name: simple[name].get("Data") for name in ("Subject", "TextPart", "HtmlPart") if name in simple}
    text = parts.get("TextPart")
    if not parts:
        text = message.get("Body") or default_body
    if text is None and parts.get("HtmlPart") is None:
        raise BadRequest(
            "MessageRequest has no e-mail to send: give EmailMessage.SimpleEmail, RawEmail or Body, or an "
            "EmailTemplate"
        )
    return replace(
        mail,
        subject=parts.get("Subject") or "",
        text=text,
        html=parts.get("HtmlPart"),
        headers=_headers(simple.get("Headers", ())),
    )


def _one_line(text: str) -> str:
    """A header's value: a line break in it would begin a header of its own."""
    return " ".join(text.split())


def _headers(headers: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {header.get("Name", ""): header.get("Value", "") for header in headers}
