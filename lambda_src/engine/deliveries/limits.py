"""A campaign's limits: its duration, messages a second, and messages a day to one endpoint.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-campaigns.html
(CampaignLimits). `Total` counts all runs of a campaign to one endpoint; an immediate campaign has one
run with one message to each, which any `Total` allows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from engine.context import Context, epoch_ms
from engine.deliveries.batch import Batch
from engine.store import Document, Edit, Item, Key, Put, TransactionLost, Write, shard_of

_DAY_SECONDS: Final = 86_400
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
    """Whether the `MaximumDuration` of the campaign, counted from its scheduled start, is over."""
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


def capped(context: Context, batch: Batch, endpoints: Sequence[Document]) -> set[str]:
    """The lower-cased ids of endpoints that have had their messages of the last 24 hours."""
    limit = limit_of("Daily", batch.campaign, batch.settings)
    if limit is None:
        return set()
    names = {_day_key(batch, endpoint): endpoint["Id"].lower() for endpoint in endpoints}
    now = int(context.now().timestamp())
    return {
        names[key]
        for key, item in context.store.get_many(names).items()
        if len(_others(item, batch, now)) >= limit
    }


def count_today(context: Context, batch: Batch, endpoints: Sequence[Document]) -> None:
    """Count a message to each endpoint; the same run counts once, however often it is repeated."""
    now = int(context.now().timestamp())
    keys = [_day_key(batch, endpoint) for endpoint in endpoints]
    found = context.store.get_many(keys)
    context.store.put_all(
        Put(
            key,
            {"Runs": {**_others(found.get(key), batch, now), batch.run.activity_id: now}},
            ttl=now + 2 * _DAY_SECONDS,
        )
        for key in keys
    )


def _others(item: Item | None, batch: Batch, now: int) -> dict[str, int]:
    runs: dict[str, int] = {} if item is None else item.doc["Runs"]
    return {
        run: moment
        for run, moment in runs.items()
        if run != batch.run.activity_id and moment > now - _DAY_SECONDS
    }


def _day_key(batch: Batch, endpoint: Document) -> Key:
    name = endpoint["Id"].lower()
    return Key(f"DAY#{batch.run.application_id}#{shard_of(name):03d}", name)
