"""E-mail by Amazon SES, one message to one recipient.

See https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.context import Context
from engine.senders.handover import THROTTLED, hand_over
from engine.senders.outcome import SendOutcome
from engine.senders.safety import why_mail_held_back
from engine.store import address_hash

_OVER_QUOTA: Final = "LimitExceededException"
_PERMANENT: Final = frozenset(
    {
        "MessageRejected",
        "MailFromDomainNotVerifiedException",
        "BadRequestException",
        "NotFoundException",
        "AccountSuspendedException",
        "SendingPausedException",
        "AccessDeniedException",
        "AccessDenied",
    }
)


@dataclass(frozen=True)
class EmailToSend:
    """A rendered message.

    Attributes:
        application_id: On whose behalf.
        run: The activity or request it belongs to; with `claim` it lets a receipt find the endpoint.
        address: The recipient.
        from_address: A verified sender.
        subject, text, html: The message, unless `raw` is given.
        raw: A whole MIME message.
        headers: Further headers, by name.
        reply_to: Where answers go.
        feedback_address: Where bounces and complaints are forwarded to.
        configuration_set: Instead of the engine's own, which then reports nothing.
    """

    application_id: str
    run: str
    address: str
    from_address: str
    subject: str = ""
    text: str | None = None
    html: str | None = None
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    reply_to: tuple[str, ...] = ()
    feedback_address: str | None = None
    configuration_set: str | None = None

    @property
    def claim(self) -> str:
        """The address as the ledger and the message's tags know it."""
        return address_hash("EMAIL", self.address)


def send_email(context: Context, email: EmailToSend) -> SendOutcome:
    """Hand one message to the mail service; never raises for what the service answers.

    Args:
        context: Gives the `sesv2` client.
        email: The message.
    """
    reason = why_mail_held_back(context, email.address)
    if reason is not None:
        return SendOutcome("PERMANENT_FAILURE", 403, reason, held_back=True)
    request = _request(email)
    return hand_over("mail service", lambda: context.client("sesv2").send_email(**request), _refused)


def _request(email: EmailToSend) -> dict[str, Any]:
    request: dict[str, Any] = {
        "FromEmailAddress": email.from_address,
        "Destination": {"ToAddresses": [email.address]},
        "Content": _content(email),
        "EmailTags": [
            {"Name": "app", "Value": email.application_id},
            {"Name": "run", "Value": email.run},
            {"Name": "claim", "Value": email.claim},
        ],
    }
    if email.reply_to:
        request["ReplyToAddresses"] = list(email.reply_to)
    if email.feedback_address:
        request["FeedbackForwardingEmailAddress"] = email.feedback_address
    configuration_set = email.configuration_set or os.environ.get("CONFIGURATION_SET")
    if configuration_set:
        request["ConfigurationSetName"] = configuration_set
    return request


def _content(email: EmailToSend) -> dict[str, Any]:
    if email.raw is not None:
        return {"Raw": {"Data": email.raw}}
    body = {
        kind: {"Data": part, "Charset": "UTF-8"}
        for kind, part in (("Text", email.text), ("Html", email.html))
        if part is not None
    }
    simple: dict[str, Any] = {
        "Subject": {"Data": email.subject, "Charset": "UTF-8"},
        "Body": body or {"Text": {"Data": "", "Charset": "UTF-8"}},
    }
    if email.headers:
        simple["Headers"] = [{"Name": name, "Value": value} for name, value in email.headers.items()]
    return {"Simple": simple}


def _refused(response: Mapping[str, Any]) -> SendOutcome:
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    # The service's own text may name an address; its code never does.
    if code in THROTTLED or code == _OVER_QUOTA:
        return SendOutcome("THROTTLED", status, code)
    if code in _PERMANENT:
        return SendOutcome("PERMANENT_FAILURE", status, code)
    return SendOutcome("TEMPORARY_FAILURE" if status >= 500 else "UNKNOWN_FAILURE", status, code)
