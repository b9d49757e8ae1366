"""Tells the customer data platform, once for each key, at the pace that it asks for."""

import json
from typing import Any, Final

from pinpoint_runtime.batch import BatchResponse, NotYet, Record, queue_failures
from pinpoint_runtime.clients import client
from pinpoint_runtime.ledger import Claimed, Held, Ledger, State
from pinpoint_runtime.logger import logger, with_request
from pinpoint_runtime.queues import Letter, enqueue
from pinpoint_runtime.settings import text, whole_number
from pinpoint_runtime.webhook import Accepted, Outcome, Rejected, RetryLater, SigningSecret, Unknown, Webhook

_LOG: Final = logger(__name__)
_SQS: Final = client("sqs")
_QUEUE: Final = text("CALLBACKS_QUEUE_URL")
_DEAD_LETTERS: Final = text("DEAD_LETTERS_QUEUE_URL")
_MOST_ATTEMPTS: Final = whole_number("MOST_ATTEMPTS", 8)
_LONGEST_DELAY: Final = 12 * 3600
_LEDGER: Final = Ledger(client("dynamodb"), text("LEDGER_TABLE"))
_WEBHOOK: Final = Webhook(
    text("CALLBACK_URL"),
    SigningSecret(client("secretsmanager"), text("CALLBACK_SECRET_ARN")),
    # Every receiver of Standard Webhooks knows a repetition by its id, so that a lost answer may be repeated.
    idempotency_key=True,
)


@with_request
def handler(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Handle a batch of callbacks; what has to wait is answered as failed, and comes again."""
    return queue_failures(event, handle)


def handle(record: Record) -> None:
    """Post one callback, unless it was posted before.

    Raises:
        NotYet: The platform asked for patience, did not answer, or another worker is at it.
    """
    message = json.loads(record["body"])
    claim = _LEDGER.claim(message["key"], repeatable=True)
    if isinstance(claim, Held):
        raise _wait(record, 30)
    if not isinstance(claim, Claimed):
        return
    outcome = _WEBHOOK.post(message["key"], message["body"])
    match outcome:
        case Accepted():
            _LEDGER.settle(claim, State.DELIVERED)
        case Rejected(reason):
            _give_up(record, claim, reason)
        case RetryLater(reason) | Unknown(reason) if claim.attempts >= _MOST_ATTEMPTS:
            _give_up(record, claim, f"{reason} after {claim.attempts} attempts")
        case _:
            raise _again(record, claim, outcome)


def _again(record: Record, claim: Claimed, outcome: Outcome) -> NotYet:
    asked = outcome.after if isinstance(outcome, RetryLater) else None
    # Who names a time to come back has not failed.
    _LEDGER.reopen(claim, counts=asked is None, lost=isinstance(outcome, Unknown))
    return _wait(record, asked if asked is not None else 2**claim.attempts)


def _wait(record: Record, seconds: float) -> NotYet:
    _SQS.change_message_visibility(
        QueueUrl=_QUEUE,
        ReceiptHandle=record["receiptHandle"],
        VisibilityTimeout=min(max(1, round(seconds)), _LONGEST_DELAY),
    )
    return NotYet(f"again in {seconds:g} seconds")


def _give_up(record: Record, claim: Claimed, reason: str) -> None:
    enqueue(_SQS, _DEAD_LETTERS, [Letter(record["body"], reason)])
    _LEDGER.settle(claim, State.UNKNOWN if claim.lost else State.FAILED, reason)
    _LOG.warning("callback given up", extra={"key": claim.key, "reason": reason})
