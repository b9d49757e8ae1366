"""Accepting work: what is written is planned, though a message is lost or the function dies half-way.

The table and the queue know no common transaction, so the queue is asked twice. The first message, the
reminder, goes out before anything is written, and is held back until whoever asked must have ended: it
then finds work that was accepted, or nothing. The second goes out after, so that nobody has to wait.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine import choices
from engine.context import Context
from engine.store import Write
from pinpoint_runtime.logger import logger

_log = logger(__name__)

# Longer than the longest-lived function that accepts work may run: the CloudFormation provider, 300 s.
REMINDER_SECONDS: Final = 330


def accept(context: Context, queue: str, plan: Mapping[str, Any], writes: Sequence[Write]) -> None:
    """Write what was asked for, and have it planned whatever happens from here on.

    If this raises, nothing was written and nothing will run, unless it was the table's answer that was lost.

    Args:
        context: The table and the queues.
        queue: The queue of the worker that plans.
        plan: The message that it plans by; it must find nothing to do where nothing was written.
        writes: One transaction, the resource among it.

    Raises:
        TransactionLost: A condition of the writes did not hold.
    """
    context.queues.send(queue, [{**plan, "Reminder": True}], delay_seconds=REMINDER_SECONDS)
    context.store.write(writes)
    try:
        context.queues.send(queue, [plan])
    except Exception as error:
        if not choices.WRITTEN_IS_ACCEPTED:
            raise
        details = {"queue": queue, "error": type(error).__name__}
        _log.warning("a plan is late: it has to wait for its reminder", extra=details)
