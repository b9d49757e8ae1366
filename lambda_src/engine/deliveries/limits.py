"""A campaign's limits in time: how long it may take, and its messages a second.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html
(CampaignLimits).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from engine.context import Context, epoch_ms
from engine.deliveries.batch import Batch
from engine.store import Edit, Key, Put, TransactionLost, Write

# SQS delays a message by at most this.
_LONGEST_DELAY: Final = 900
_ATTEMPTS: Final = 20


def limit_of(name: str, campaign: Mapping[str, Any], settings: Mapping[str, Any]) -> int | None:
    """A limit of the campaign, or else the application's; None if there is none."""
    for limits in (campaign.get("Limits"), settings.get("Limits")):
        value = (limits or {}).get(name)
        # The settings of an application that never set limits show zeros.
        if value:
            return int(value)
    return None


def is_over(context: Context, batch: Batch) -> bool:
    """Whether the batch comes too late: for its event, or for the campaign's `MaximumDuration`.

    That is counted from the scheduled start of the run.
    """
    expires = batch.activity.get("_", {}).get("ExpiresAt")
    if expires is not None and epoch_ms(context.now()) >= expires:
        return True
    seconds = limit_of("MaximumDuration", batch.campaign, batch.settings)
    if seconds is None:
        return False
    start = datetime.fromisoformat(batch.scheduled_time)
    return context.now() >= start + timedelta(seconds=seconds)


def seconds_to_wait(context: Context, batch: Batch) -> int:
    """Reserve a block of the run's messages per second for a batch; gives how long it must wait.

    The reservation stays with the batch, so that one that waited is not made to wait again.

    Args:
        context: The clock and the table.
        batch: The batch that is about to be sent.
    """
    rate = limit_of("MessagesPerSecond", batch.campaign, batch.settings)
    if rate is None:
        return 0
    reserved = batch.item.doc.get("NotBefore")
    if reserved is None:
        reserved = _reserve(context, batch, rate)
    return min(_LONGEST_DELAY, max(0, -(-(reserved - epoch_ms(context.now())) // 1000)))


def _reserve(context: Context, batch: Batch, rate: int) -> int:
    key = Key(batch.item.key.pk, "PACE")
    for _ in range(_ATTEMPTS):
        pace = context.store.get(key)
        now = epoch_ms(context.now())
        start = max(now, pace.doc["FreeAt"] if pace is not None else now)
        free_at = start + len(batch.ids) * 1000 // rate
        writes: list[Write] = [
            Put(key, {"FreeAt": free_at}, expected=pace.version if pace is not None else 0),
            Edit(batch.item.key, batch.item.doc | {"NotBefore": start}, batch.item.version),
        ]
        try:
            context.store.write(writes)
        except TransactionLost as lost:
            if 1 in lost.lost:
                raise  # Another delivery of this batch is at it.
            continue
        return start
    raise TimeoutError("the pace of the run was changed by others on every attempt")
