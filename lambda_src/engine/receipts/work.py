"""From a report on a mail or a text message to a record on the event stream of the project that sent it."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.context import Context
from engine.endpoints.access import get_endpoint
from engine.receipts.events import EmailReceipt, read_receipt
from engine.receipts.texts import TextReceipt, read_text_receipt
from engine.store import Document, address_hash, ledger_entry_key
from engine.stream.outbox import emit
from engine.stream.records import email_event, sms_event
from engine.worker import GivenUp, Message

_Receipt = TypeVar("_Receipt")


def work(context: Context, message: Message) -> None:
    """Put what a service reports on the project's stream.

    Messages that the engine did not send carry no such tags, and are none of its business.

    Raises:
        GivenUp: The event has not the shape of a report.
    """
    if message.body.get("source") == "aws.sms-voice":
        if text := _read(read_text_receipt, message.body):
            _report_text(context, text, message.body)
    elif mail := _read(read_receipt, message.body):
        _report_mail(context, mail, message.body)


def _read(read: Callable[[Mapping[str, Any]], _Receipt | None], event: Mapping[str, Any]) -> _Receipt | None:
    try:
        return read(event)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise GivenUp(f"the report cannot be read: {type(error).__name__}") from error


def _report_mail(context: Context, receipt: EmailReceipt, event: Mapping[str, Any]) -> None:
    if "app" not in receipt.tags or "run" not in receipt.tags:
        return
    entry = _entry(context, "EMAIL", receipt.tags["run"], receipt.tags.get("claim", ""))
    feedback = {} if receipt.feedback is None else {"feedback": receipt.feedback}
    record = email_event(
        context,
        receipt.event_type,
        application_id=receipt.tags["app"],
        client_id=entry.get("EndpointId") or _nobody(receipt.facet["mail"]["message_id"]),
        sent_at=receipt.sent_at,
        attributes={**feedback, **_campaign(entry), **entry.get("Context", {})},
        facet=receipt.facet,
    )
    emit(context, receipt.tags["app"], [record], ids=[_report_id(receipt.event_type, event)])


def _report_text(context: Context, receipt: TextReceipt, event: Mapping[str, Any]) -> None:
    application_id, run = receipt.context.get("applicationId"), receipt.context.get("run")
    if not application_id or not run:
        return
    claim, endpoint_id = receipt.context.get("claim", ""), receipt.context.get("endpointId")
    entry = _entry(context, "SMS", run, claim)
    endpoint_id = entry.get("EndpointId") or endpoint_id
    attributes = {
        "sender_request_id": run,
        **receipt.attributes,
        **_campaign(entry),
        "customer_context": json.dumps(entry.get("Context", {})),
    }
    if "destination_phone_number" not in attributes and endpoint_id:
        attributes |= _number_of(context, application_id, endpoint_id, claim)
    record = sms_event(
        context,
        receipt.event_type,
        application_id=application_id,
        client_id=endpoint_id or _nobody(receipt.message_id),
        happened_at=receipt.happened_at,
        attributes=attributes,
        metrics=receipt.metrics,
    )
    emit(context, application_id, [record], ids=[_report_id(receipt.event_type, event)])


def _number_of(context: Context, application_id: str, endpoint_id: str, claim: str) -> dict[str, str]:
    """EventBridge's report leaves the number out: the endpoint has it, unless it has another one by now."""
    endpoint = get_endpoint(context, application_id, endpoint_id) or {}
    address: str = endpoint.get("Address", "")
    return {"destination_phone_number": address} if address_hash("SMS", address) == claim else {}


def _entry(context: Context, channel: str, run: str, claim: str) -> Document:
    item = context.store.get(ledger_entry_key(run, f"{channel}#{claim}"))
    return {} if item is None else item.doc


def _campaign(entry: Document) -> dict[str, str]:
    if "CampaignId" not in entry:
        return {}
    return {
        "treatment_id": entry["TreatmentId"],
        "campaign_activity_id": entry["ActivityId"],
        "campaign_id": entry["CampaignId"],
    }


def _nobody(message_id: str) -> str:
    """A UUID that names nobody, the same for each event of a message: nothing else is known of its client."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, message_id))


def _report_id(event_type: str, event: Mapping[str, Any]) -> str:
    # A service may report one thing twice, each time as another event.
    return json.dumps([event_type, event["detail"]], sort_keys=True)
