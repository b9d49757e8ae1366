"""The edge of every queue worker: each message alone, and only the failures reported."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

from engine.context import Context, from_environment
from engine.errors import PinpointError
from engine.store import Document
from pinpoint_runtime.batch import BatchResponse, Record, queue_failures
from pinpoint_runtime.logger import logger, with_request

_log: Final = logger(__name__)

# Attempts at a message's work. What comes beyond only settles that it failed, so the queues must let a
# message be received more often than this, or the last word is not spoken.
MAX_ATTEMPTS: Final = 3


class GivenUp(Exception):
    """The message can never be worked on; it goes to the dead letters with this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Message:
    """A message from a queue.

    Attributes:
        body: What it says.
        attempt: How often the queue gave it out, this time included; 1 the first time.
    """

    body: Document
    attempt: int = 1

    @property
    def reminds(self) -> bool:
        """Whether it only asks if its work was planned; a second time it is about a plan that failed."""
        return bool(self.body.get("Reminder")) and self.attempt == 1


Work: TypeAlias = Callable[[Context, Message], None]


def keep_dead_letter(context: Context, message: Message, reason: str) -> None:
    """Put a message that failed on every attempt to the dead letters, to be put back on its queue as it is.

    Called before its failure is counted: a worker that dies in between keeps it twice rather than never.
    """
    _log.error("a message failed on every attempt: %s", reason)
    context.queues.send("dead_letters", [{**message.body, "Reason": reason}])


def handler_of(work: Work) -> Callable[[dict[str, Any], Any], BatchResponse]:
    """The Lambda handler of a worker: it works on a batch of messages, and answers with the failed ones.

    The worker's world is made at the first message, when the account is known, and kept.
    """

    @cache
    def world(account: str) -> Context:
        return from_environment(account)

    @with_request
    def handler(event: dict[str, Any], lambda_context: Any) -> BatchResponse:
        account = lambda_context.invoked_function_arn.split(":")[4]
        return consume(event, world(account), work)

    return handler


def consume(event: Mapping[str, Any], context: Context, work: Work) -> BatchResponse:
    """Work on the messages of an SQS event, and tell Lambda which ones failed.

    Args:
        event: What Lambda hands over.
        context: The worker's world.
        work: Called once a message; whatever it raises fails that message only.
    """
    return queue_failures(event, lambda record: _work_on(record, context, work), reason=_reason)


def _reason(error: BaseException) -> str:
    # A foreign exception's text may hold a person's attributes, which no pattern would find.
    return error.message if isinstance(error, PinpointError) else type(error).__name__


def _work_on(record: Record, context: Context, work: Work) -> None:
    attempt = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
    message = Message(json.loads(record["body"]), attempt)
    try:
        work(context, message)
    except GivenUp as given_up:
        _log.error("a message was given up: %s", given_up.reason, extra={"message_id": record["messageId"]})
        context.queues.send("dead_letters", [{"Reason": given_up.reason, "Message": message.body}])
