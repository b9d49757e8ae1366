"""The send itself: claimed endpoints to their channel, and what became of each."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any, Final, TypeAlias

from engine.context import Context
from engine.deliveries.batch import TREATMENT, Batch
from engine.deliveries.outcome import outcome_of
from engine.functions import CallFailed
from engine.rendering.template import RenderingError
from engine.senders.campaign_email import campaign_email
from engine.senders.campaign_message import CampaignMessage, NotSendable
from engine.senders.campaign_sms import campaign_sms
from engine.senders.custom import deliver_custom
from engine.senders.outcome import SendOutcome
from engine.senders.services import SERVICE_OF
from engine.store import Document
from engine.stream.outbox import emit
from engine.stream.records import sms_opt_out
from pinpoint_runtime.logger import logger

_log = logger(__name__)
_THREADS: Final = 8
_ReadMessage: TypeAlias = Callable[[Context, Document, str, Document], CampaignMessage]
_MESSAGES: Final[Mapping[str, _ReadMessage]] = {"EMAIL": campaign_email, "SMS": campaign_sms}

# Endpoint, outcome, message id.
Sent: TypeAlias = tuple[Document, str, str | None]


def send(context: Context, batch: Batch, endpoints: Sequence[Document]) -> list[Sent]:
    """Send to endpoints; whatever happens, each of them gets an outcome."""
    return (_send_custom if batch.kind == "CUSTOM" else _send_messages)(context, batch, endpoints)


def _send_custom(context: Context, batch: Batch, endpoints: Sequence[Document]) -> list[Sent]:
    delivery: Mapping[str, Any] = batch.campaign.get("CustomDeliveryConfiguration", {})
    data = batch.campaign["MessageConfiguration"]["CustomMessage"].get("Data", "")
    payload = {"Message": {}, "Data": data, **batch.payload(endpoints)}
    outcome = "Status.SUCCESS"
    try:
        deliver_custom(context, delivery.get("DeliveryUri", ""), payload, batch.campaign_arn(context))
    except CallFailed as failed:
        _log.error("a custom channel failed: %s", failed.reason, extra={"activity": batch.run.activity_id})
        outcome = "Status.CUSTOM_DELIVERY_FAILURE"
    return [(endpoint, outcome, None) for endpoint in endpoints]


def _send_messages(context: Context, batch: Batch, endpoints: Sequence[Document]) -> list[Sent]:
    activity = {"activity": batch.run.activity_id}
    try:
        message = _MESSAGES[batch.kind](context, batch.campaign, batch.run.activity_id, batch.channel)
    except NotSendable as not_sendable:
        _log.error("a campaign has no %s to send: %s", batch.kind, not_sendable.reason, extra=activity)
        return [(endpoint, "Status.FAILURE_PERMANENT", None) for endpoint in endpoints]
    # The services take one message at a time; clients may be used by several threads.
    context.client(SERVICE_OF[batch.kind])
    with ThreadPoolExecutor(_THREADS) as pool:
        sent = list(pool.map(_send_message, repeat(context), repeat(message), endpoints))
    refused = Counter(result.message for _, result in sent if result.status != "SUCCESSFUL")
    for reason, count in refused.items():
        _log.warning("%d messages were not sent: %s", count, reason, extra=activity)
    _report_opt_outs(context, batch, sent)
    return [(endpoint, outcome_of(result), result.message_id) for endpoint, result in sent]


def _send_message(
    context: Context, message: CampaignMessage, endpoint: Document
) -> tuple[Document, SendOutcome]:
    try:
        return endpoint, message.send(context, endpoint)
    except RenderingError as error:
        return endpoint, SendOutcome("PERMANENT_FAILURE", 400, error.message)


def _report_opt_outs(context: Context, batch: Batch, sent: Sequence[tuple[Document, SendOutcome]]) -> None:
    """No event says later that a number has opted out: the answer to the send was all."""
    keys = {
        "treatment_id": TREATMENT,
        "campaign_activity_id": batch.run.activity_id,
        "campaign_id": batch.run.campaign_id,
        "customer_context": "{}",
    }
    records = [
        sms_opt_out(
            context,
            application_id=batch.run.application_id,
            run=batch.run.activity_id,
            number=endpoint["Address"],
            endpoint_id=endpoint["Id"],
            attributes=keys,
        )
        for endpoint, result in sent
        if result.status == "OPT_OUT"
    ]
    if records:
        emit(context, batch.run.application_id, records)
