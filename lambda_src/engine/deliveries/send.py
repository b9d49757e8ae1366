"""The send itself: claimed endpoints to their channel, and what became of each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any, Final, TypeAlias

from engine.context import Context
from engine.deliveries.batch import Batch
from engine.deliveries.outcome import email_outcome
from engine.functions import CallFailed
from engine.rendering.template import RenderingError
from engine.senders.campaign_email import CampaignEmail, NotSendable, campaign_email
from engine.senders.custom import deliver_custom
from engine.senders.email import SendOutcome, send_email
from engine.store import Document
from pinpoint_runtime.logger import logger

_log = logger(__name__)
_THREADS: Final = 8

# Endpoint, outcome, message id.
Sent: TypeAlias = tuple[Document, str, str | None]


def send(context: Context, batch: Batch, endpoints: Sequence[Document]) -> list[Sent]:
    """Send to endpoints; whatever happens, each of them gets an outcome."""
    return (_send_custom if batch.kind == "CUSTOM" else _send_emails)(context, batch, endpoints)


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


def _send_emails(context: Context, batch: Batch, endpoints: Sequence[Document]) -> list[Sent]:
    try:
        message = campaign_email(context, batch.campaign, batch.run.activity_id, batch.channel)
    except NotSendable as not_sendable:
        details = {"activity": batch.run.activity_id}
        _log.error("a campaign has no e-mail to send: %s", not_sendable.reason, extra=details)
        return [(endpoint, "Status.FAILURE_PERMANENT", None) for endpoint in endpoints]
    # The service answers one message at a time; clients may be used by several threads.
    context.client("sesv2")
    with ThreadPoolExecutor(_THREADS) as pool:
        sent = list(pool.map(_send_email, repeat(context), repeat(message), endpoints))
    refused = Counter(result.message for _, result in sent if result.status != "SUCCESSFUL")
    for reason, count in refused.items():
        _log.warning("%d mails were not sent: %s", count, reason, extra={"activity": batch.run.activity_id})
    return [(endpoint, email_outcome(result), result.message_id) for endpoint, result in sent]


def _send_email(context: Context, message: CampaignEmail, endpoint: Document) -> tuple[Document, SendOutcome]:
    try:
        email = message.render(endpoint)
    except RenderingError as error:
        return endpoint, SendOutcome("PERMANENT_FAILURE", 400, error.message)
    return endpoint, send_email(context, email)
