"""SES events, as EventBridge brings them, in the shape of the event stream's `_email.*` records.

See https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html and
https://docs.aws.amazon.com/pinpoint/latest/developerguide/event-streams-data-email.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.store import Document

_FEEDBACK: Final = {"send": "received", "delivered": "delivered", "open": "opened"}


@dataclass(frozen=True)
class EmailReceipt:
    """What the mail service says of one message.

    Attributes:
        event_type: The record's type, such as `_email.hardbounce`.
        sent_at: When the message was sent, epoch milliseconds.
        tags: The message's tags, one value each.
        facet: The record's `mail_event`.
        feedback: The record's `feedback` attribute; None if this type has none.
    """

    event_type: str
    sent_at: int
    tags: Mapping[str, str]
    facet: Document
    feedback: str | None


def read_receipt(event: Mapping[str, Any]) -> EmailReceipt | None:
    """The receipt in an EventBridge event; None if the stream has no record for its kind."""
    detail: Mapping[str, Any] = event["detail"]
    kind = str(detail.get("eventType") or event.get("detail-type", "")).lower().replace("email ", "")
    found = _KINDS.get(kind)
    if found is None:
        return None
    name, member, build = found
    inner: Mapping[str, Any] = detail.get(kind_member(detail, member)) or {}
    if member == "bounce" and inner.get("bounceType") != "Permanent":
        name = "softbounce"
    feedback = inner.get("link") if name == "click" else _FEEDBACK.get(name)
    mail: Mapping[str, Any] = detail["mail"]
    return EmailReceipt(
        event_type=f"_email.{name}",
        sent_at=_epoch_ms(mail.get("timestamp")),
        tags={tag: values[0] for tag, values in mail.get("tags", {}).items() if values},
        facet={"mail": _mail(mail), **build(inner, mail)},
        feedback=feedback,
    )


def kind_member(detail: Mapping[str, Any], member: str) -> str:
    """The member of the event's detail that says what happened."""
    return member if member in detail else "failure" if "failure" in detail else member


def _mail(mail: Mapping[str, Any]) -> Document:
    common: Mapping[str, Any] = mail.get("commonHeaders", {})
    return {
        "message_id": mail.get("messageId", ""),
        "message_send_timestamp": _epoch_ms(mail.get("timestamp")),
        "from_address": mail.get("source", ""),
        "destination": list(mail.get("destination", ())),
        "headers_truncated": bool(mail.get("headersTruncated", False)),
        "headers": [{"name": header["name"], "value": header["value"]} for header in mail.get("headers", ())],
        "common_headers": {
            "from": _first(common.get("from"), mail.get("source", "")),
            "to": list(common.get("to") or mail.get("destination", ())),
            "subject": common.get("subject", ""),
        },
    }


def _send(_: Mapping[str, Any], __: Mapping[str, Any]) -> Document:
    return {"send": {}}


def _delivery(inner: Mapping[str, Any], mail: Mapping[str, Any]) -> Document:
    return {
        "delivery": {
            "smtp_response": inner.get("smtpResponse", ""),
            "reporting_mta": inner.get("reportingMTA", ""),
            "recipients": list(inner.get("recipients") or mail.get("destination", ())),
            "processing_time_millis": int(inner.get("processingTimeMillis", 0)),
        }
    }


def _bounce(inner: Mapping[str, Any], _: Mapping[str, Any]) -> Document:
    return {
        "bounce": {
            "bounce_type": inner.get("bounceType", ""),
            "bounce_sub_type": inner.get("bounceSubType", ""),
            "bounced_recipients": [
                {
                    "email_address": recipient.get("emailAddress", ""),
                    "action": recipient.get("action", ""),
                    "status": recipient.get("status", ""),
                    "diagnostic_code": recipient.get("diagnosticCode", ""),
                }
                for recipient in inner.get("bouncedRecipients", ())
            ],
            "feedback_id": inner.get("feedbackId", ""),
            "reporting_mta": inner.get("reportingMTA", ""),
        }
    }


def _complaint(inner: Mapping[str, Any], _: Mapping[str, Any]) -> Document:
    return {
        "complaint": {
            "complained_recipients": [
                {"email_address": recipient.get("emailAddress", "")}
                for recipient in inner.get("complainedRecipients", ())
            ],
            "feedback_id": inner.get("feedbackId", ""),
            "user_agent": inner.get("userAgent", ""),
            "complaint_feedback_type": inner.get("complaintFeedbackType", ""),
        }
    }


def _open(inner: Mapping[str, Any], _: Mapping[str, Any]) -> Document:
    return {"open": {"ip_address": inner.get("ipAddress", ""), "user_agent": inner.get("userAgent", "")}}


def _click(inner: Mapping[str, Any], _: Mapping[str, Any]) -> Document:
    return {
        "click": {
            "ip_address": inner.get("ipAddress", ""),
            "user_agent": inner.get("userAgent", ""),
            "link": inner.get("link", ""),
            "link_tags": inner.get("linkTags") or {},
        }
    }


def _reject(inner: Mapping[str, Any], _: Mapping[str, Any]) -> Document:
    return {"reject": {"reason": inner.get("reason", "")}}


def _rendering_failure(inner: Mapping[str, Any], _: Mapping[str, Any]) -> Document:
    return {
        "rendering_failure": {
            "template_name": inner.get("templateName", ""),
            "error_message": inner.get("errorMessage", ""),
        }
    }


# By SES's event type, and by the detail type where that is all there is.
_KINDS: Final = {
    "send": ("send", "send", _send),
    "sent": ("send", "send", _send),
    "delivery": ("delivered", "delivery", _delivery),
    "delivered": ("delivered", "delivery", _delivery),
    "bounce": ("hardbounce", "bounce", _bounce),
    "bounced": ("hardbounce", "bounce", _bounce),
    "complaint": ("complaint", "complaint", _complaint),
    "complaint received": ("complaint", "complaint", _complaint),
    "open": ("open", "open", _open),
    "opened": ("open", "open", _open),
    "click": ("click", "click", _click),
    "clicked": ("click", "click", _click),
    "reject": ("rejected", "reject", _reject),
    "rejected": ("rejected", "reject", _reject),
    "rendering failure": ("rendering_failure", "failure", _rendering_failure),
    "rendering failed": ("rendering_failure", "failure", _rendering_failure),
}


def _first(values: Sequence[str] | None, otherwise: str) -> str:
    return values[0] if values else otherwise


def _epoch_ms(text: str | None) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000) if text else 0
