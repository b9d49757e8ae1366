"""From a mail event to a record on the event stream of the project that sent the mail."""

import json
import uuid

from engine.context import Context
from engine.receipts.events import EmailReceipt, read_receipt
from engine.store import Document, Key
from engine.stream.outbox import emit
from engine.stream.records import email_event
from engine.worker import GivenUp, Message


def work(context: Context, message: Message) -> None:
    """Put what the mail service reports on the project's stream.

    Mail that the engine did not send carries no such tags, and is none of its business.

    Raises:
        GivenUp: The event has not the shape of a mail event.
    """
    try:
        receipt = read_receipt(message.body)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise GivenUp(f"the mail event cannot be read: {type(error).__name__}") from error
    if receipt is None or "app" not in receipt.tags or "run" not in receipt.tags:
        return
    entry = _entry(context, receipt)
    attributes = {} if receipt.feedback is None else {"feedback": receipt.feedback}
    if "CampaignId" in entry:
        attributes |= {
            "treatment_id": entry["TreatmentId"],
            "campaign_activity_id": entry["ActivityId"],
            "campaign_id": entry["CampaignId"],
        }
    attributes |= entry.get("Context", {})
    # The client id of transactional mail is a UUID that names nobody, the same for each of its events.
    nobody = str(uuid.uuid5(uuid.NAMESPACE_URL, receipt.facet["mail"]["message_id"]))
    record = email_event(
        context,
        receipt.event_type,
        application_id=receipt.tags["app"],
        client_id=entry.get("EndpointId", nobody),
        sent_at=receipt.sent_at,
        attributes=attributes,
        facet=receipt.facet,
    )
    # The service may report one thing twice, each time as another event.
    report = json.dumps([receipt.event_type, message.body["detail"]], sort_keys=True)
    emit(context, receipt.tags["app"], [record], ids=[report])


def _entry(context: Context, receipt: EmailReceipt) -> Document:
    claim = receipt.tags.get("claim", "")
    item = context.store.get(Key(f"LEDGER#{receipt.tags['run']}#{claim[:2]}", f"EMAIL#{claim}"))
    return {} if item is None else item.doc
