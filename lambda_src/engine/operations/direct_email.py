"""The e-mail of a SendMessages request: what it says before anybody's values are filled in.

Strength of values, the strongest first: overrides, the recipient's substitutions, the message's
substitutions, the stored endpoint, the template's default substitutions.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine import choices
from engine.context import Context
from engine.errors import BadRequest
from engine.operations.channels import usable_channel
from engine.operations.documents import public
from engine.operations.message_templates import require_template
from engine.rendering.template import render
from engine.senders.email import EmailToSend
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
    substitutions: Mapping[str, Any] = field(default_factory=dict[str, Any])
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def render(
        self,
        *,
        application_id: str,
        run: str,
        address: str,
        overrides: Mapping[str, Any],
        endpoint: Mapping[str, Any],
    ) -> EmailToSend:
        """The message to one recipient.

        Args:
            application_id: On whose behalf.
            run: The request's id.
            address: The recipient.
            overrides: The recipient's `AddressConfiguration` or `EndpointSendConfiguration`.
            endpoint: The stored endpoint, or for a bare address what is known of it.

        Raises:
            RenderingError: A variable has no value: nothing is sent.
        """
        mail = self._overridden(overrides)
        substitutions = (overrides.get("Substitutions", {}), self.substitutions)
        if choices.SUBSTITUTIONS_OUTRANK_THE_ENDPOINT:
            layers = (*substitutions, endpoint, self.defaults)
        else:
            layers = (endpoint, *substitutions, self.defaults)
        text, html, raw = mail.text, mail.html, mail.raw
        return EmailToSend(
            application_id=application_id,
            run=run,
            address=address,
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
    message: Document = message_request["MessageConfiguration"].get("EmailMessage", {})
    channel = usable_channel(context, application_id, "EMAIL")
    from_address = message.get("FromAddress") or channel.get("FromAddress")
    if not from_address:
        raise BadRequest(
            "MessageRequest.MessageConfiguration.EmailMessage.FromAddress is required: the application has "
            "no e-mail channel to take it from"
        )
    mail = DirectEmail(
        from_address=from_address,
        reply_to=tuple(message.get("ReplyToAddresses", ())),
        feedback_address=message.get("FeedbackForwardingAddress"),
        configuration_set=channel.get("ConfigurationSet"),
        substitutions=message.get("Substitutions", {}),
    )
    template = message_request.get("TemplateConfiguration", {}).get("EmailTemplate")
    if template:
        return _of_template(context, mail, template)
    return _of_message(mail, message)


def _of_template(context: Context, mail: DirectEmail, reference: Mapping[str, str]) -> DirectEmail:
    item = require_template(context, "EMAIL", reference.get("Name", ""), reference.get("Version"))
    template = public(item)
    return replace(
        mail,
        subject=template.get("Subject", ""),
        text=template.get("TextPart"),
        html=template.get("HtmlPart"),
        headers=_headers(template.get("Headers", ())),
        defaults=json.loads(template.get("DefaultSubstitutions") or "{}"),
    )


def _of_message(mail: DirectEmail, message: Document) -> DirectEmail:
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
        text = message.get("Body")
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
