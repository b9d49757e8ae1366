"""A direct request on its way: every recipient gets an outcome, and receipts will find its context."""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from engine.context import Context
from engine.operations.direct_message import SERVED, DirectMessage
from engine.operations.recipients import Recipient
from engine.rendering.template import RenderingError
from engine.senders.outcome import SendOutcome
from engine.senders.services import SERVICE_OF
from engine.store import Put, ledger_key
from engine.stream.outbox import emit
from engine.stream.records import sms_opt_out

_THREADS: Final = 10
# Opens and clicks come in for weeks, and show the request's context.
_CONTEXT_KEPT_DAYS: Final = 60


def send_all(
    context: Context,
    application_id: str,
    run: str,
    messages: Mapping[str, DirectMessage],
    recipients: Sequence[Recipient],
    shared: Mapping[str, str],
) -> list[SendOutcome]:
    """Send to each recipient; the outcomes are in their order.

    Args:
        context: The world.
        application_id: On whose behalf.
        run: The request's id.
        messages: The message of each channel.
        recipients: Without duplicates.
        shared: The request's `Context`.
    """
    _keep_context(context, run, shared, [who for who in recipients if who.channel in messages])
    for channel in messages:
        # Made here: clients may be used by several threads, but not be made by them.
        context.client(SERVICE_OF[channel])

    def send(recipient: Recipient) -> SendOutcome:
        if recipient.refused is not None:
            return recipient.refused
        message = messages.get(recipient.channel)
        if message is None:
            return _no_message(recipient.channel)
        try:
            return message.send(context, recipient, application_id=application_id, run=run)
        except RenderingError as error:
            return SendOutcome("PERMANENT_FAILURE", 400, error.message)

    with ThreadPoolExecutor(_THREADS) as pool:
        outcomes = list(pool.map(send, recipients))
    _report_opt_outs(context, application_id, run, shared, zip(recipients, outcomes, strict=True))
    return outcomes


def result(outcome: SendOutcome) -> dict[str, Any]:
    """An outcome as a `MessageResult`."""
    shown: dict[str, Any] = {
        "DeliveryStatus": outcome.status,
        "StatusCode": outcome.status_code,
        "StatusMessage": outcome.message,
    }
    return shown | ({"MessageId": outcome.message_id} if outcome.message_id else {})


def endpoint_result(recipient: Recipient, outcome: SendOutcome) -> dict[str, Any]:
    """An outcome as an `EndpointMessageResult`."""
    return result(outcome) | ({"Address": recipient.address} if recipient.address else {})


def _no_message(channel: str) -> SendOutcome:
    if channel in SERVED:
        return SendOutcome("PERMANENT_FAILURE", 400, f"the request has no message for the channel {channel}")
    return SendOutcome("PERMANENT_FAILURE", 501, f"the channel {channel} is not served by this engine yet")


def _shown_context(recipient: Recipient, shared: Mapping[str, str]) -> dict[str, str]:
    return {**shared, **recipient.configuration.get("Context", {})}


def _keep_context(
    context: Context, run: str, shared: Mapping[str, str], recipients: Sequence[Recipient]
) -> None:
    """Receipts come in later and show the request's Context: it is kept where they look."""
    ttl = int(context.now().timestamp()) + _CONTEXT_KEPT_DAYS * 86_400
    context.store.put_all(
        Put(ledger_key(run, recipient.channel, recipient.address), {"Context": shown}, ttl=ttl)
        for recipient in recipients
        if recipient.refused is None and (shown := _shown_context(recipient, shared))
    )


def _report_opt_outs(
    context: Context,
    application_id: str,
    run: str,
    shared: Mapping[str, str],
    sent: Iterable[tuple[Recipient, SendOutcome]],
) -> None:
    """No event says later that a number has opted out: the answer to the send was all."""
    records = [
        sms_opt_out(
            context,
            application_id=application_id,
            run=run,
            number=recipient.address,
            endpoint_id=recipient.endpoint_id,
            attributes={"customer_context": json.dumps(_shown_context(recipient, shared))},
        )
        for recipient, outcome in sent
        if outcome.status == "OPT_OUT" and recipient.channel == "SMS"
    ]
    if records:
        emit(context, application_id, records)
