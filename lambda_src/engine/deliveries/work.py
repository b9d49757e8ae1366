"""One batch of a run, from its pointer on the queue to its counts on the activity.

The order is what keeps people from being sent to twice: the ledger is read before anybody is asked,
claimed before the channel is called, and settled before the batch is counted. A repeated message finds
the batch done, or its entries settled, and sends to nobody again.
"""

from collections.abc import Sequence

from engine.campaigns.eligibility import why_left_out
from engine.campaigns.progress import Run, finish_if_done, run_of
from engine.context import Context
from engine.deliveries.batch import TREATMENT, Batch, load_batch
from engine.deliveries.hook import filtered, hook_of
from engine.deliveries.ledger import Busy, claim, settle, standing
from engine.deliveries.limits import capped, count_today, limit_of, seconds_to_wait
from engine.deliveries.outcome import Outcomes, status_of
from engine.deliveries.quiet_time import is_quiet
from engine.deliveries.send import send
from engine.functions import CallFailed
from engine.store import Add, Document, Edit, TransactionLost
from engine.stream.outbox import emit
from engine.stream.records import campaign_send
from engine.worker import MAX_ATTEMPTS, Message
from pinpoint_runtime.logger import logger

_log = logger(__name__)
# The most that one message may be put back for by SQS.
_LONGEST_DELAY = 900


def work(context: Context, message: Message) -> None:
    """Deliver the batch that a message points to."""
    run = run_of(message.body)
    batch = load_batch(context, run, message.body["Batch"])
    if batch is None:
        finish_if_done(context, run)
        return
    try:
        # A batch that must wait goes back as a new message: waiting is no failed attempt.
        if seconds := seconds_to_wait(context, batch):
            context.queues.send("deliveries", [message.body], delay_seconds=seconds)
            return
        outcomes = _deliver(context, batch, given_up=message.attempt > MAX_ATTEMPTS)
    except Busy as busy:
        delay = min(_LONGEST_DELAY, busy.seconds + 1)
        context.queues.send("deliveries", [message.body], delay_seconds=delay)
        return
    _emit(context, batch, outcomes)
    _count(context, batch, outcomes, failed=message.attempt > MAX_ATTEMPTS)
    finish_if_done(context, run)


def _deliver(context: Context, batch: Batch, *, given_up: bool) -> Outcomes:
    outcomes = Outcomes({})
    outcomes.set((name for name in batch.ids if name not in batch.endpoints), "NotSent.GONE")
    if batch.kind == "HOLDOUT":
        outcomes.set(batch.ids, "Status.HOLDOUT")
        return outcomes
    reachable = [e for e in batch.endpoints.values() if e.get("Address") and e.get("ChannelType")]
    _recover(context, batch, reachable, outcomes)
    if not batch.campaign:
        outcomes.set(batch.ids, "NotSent.CAMPAIGN_DELETED")
        return outcomes
    for name, endpoint in batch.endpoints.items():
        if reason := why_left_out(batch.campaign, endpoint):
            outcomes.set([name], f"NotSent.{reason}")
    if given_up:
        # Every attempt ended without an answer: what was not claimed was not sent, and will not be.
        outcomes.set(batch.ids, "Status.FAILURE")
        return outcomes
    outcomes.set(capped(context, batch, _open(batch, outcomes)), "Status.DAILY_CAP")
    now = context.now()
    for endpoint in _open(batch, outcomes):
        if is_quiet(batch.campaign, batch.settings, endpoint, now):
            outcomes.set([endpoint["Id"].lower()], "Status.QUIET_TIME")
    _send_to(context, batch, _hooked(context, batch, outcomes), outcomes)
    return outcomes


def _recover(context: Context, batch: Batch, endpoints: Sequence[Document], outcomes: Outcomes) -> None:
    """Take over what earlier deliveries of this batch came to."""
    found = standing(context, batch, endpoints)
    for name, outcome in found.settled.items():
        outcomes.set([name], outcome)
    if found.lost:
        settle(context, batch, [(batch.endpoints[name], "Status.UNKNOWN", None) for name in found.lost])
    outcomes.set(found.lost, "Status.UNKNOWN")
    outcomes.set(found.duplicates, "Status.DUPLICATE_ADDRESS")


def _hooked(context: Context, batch: Batch, outcomes: Outcomes) -> list[Document]:
    endpoints = _open(batch, outcomes)
    function = hook_of(batch.campaign, batch.settings)
    if function is None or not endpoints:
        return endpoints
    try:
        kept = filtered(context, batch, function, endpoints)
    except CallFailed as failed:
        _log.error("a campaign hook failed: %s", failed.reason, extra={"activity": batch.run.activity_id})
        outcomes.set((endpoint["Id"].lower() for endpoint in endpoints), "Status.HOOK_FAILURE")
        return []
    outcomes.set((e["Id"].lower() for e in endpoints if e["Id"].lower() not in kept), "NotSent.HOOK")
    return list(kept.values())


def _send_to(context: Context, batch: Batch, endpoints: Sequence[Document], outcomes: Outcomes) -> None:
    claimed, duplicates = claim(context, batch, endpoints)
    outcomes.set(duplicates, "Status.DUPLICATE_ADDRESS")
    if not claimed:
        return
    if limit_of("Daily", batch.campaign, batch.settings) is not None:
        count_today(context, batch, claimed)
    sent = send(context, batch, claimed)
    settle(context, batch, sent)
    for endpoint, outcome, _ in sent:
        outcomes.set([endpoint["Id"].lower()], outcome)


def _open(batch: Batch, outcomes: Outcomes) -> list[Document]:
    return [endpoint for name, endpoint in batch.endpoints.items() if name not in outcomes.of]


def _emit(context: Context, batch: Batch, outcomes: Outcomes) -> None:
    records = [
        campaign_send(
            context,
            campaign_id=batch.run.campaign_id,
            activity_id=batch.run.activity_id,
            treatment_id=TREATMENT,
            endpoint=batch.endpoints[name],
            delivery_type=batch.endpoints[name].get("ChannelType", ""),
            status=status,
        )
        for name, outcome in outcomes.of.items()
        if (status := status_of(outcome)) is not None and name in batch.endpoints
    ]
    emit(context, batch.run.application_id, records)


def _count(context: Context, batch: Batch, outcomes: Outcomes, *, failed: bool) -> None:
    run: Run = batch.run
    progress = {"BatchesDone": 1, **({"BatchesFailed": 1} if failed else {})}
    writes: list[Edit | Add] = [Add(run.progress_key, progress)]
    counters = outcomes.counters() if batch.kind != "HOLDOUT" else {}
    if counters:
        writes.append(Add(run.key, counters))
    current = context.store.get(batch.item.key)
    if current is None or current.doc["State"] != "OPEN":
        return
    writes.append(Edit(current.key, current.doc | {"State": "DONE"}, current.version))
    try:
        context.store.write(writes)
    except TransactionLost:
        _log.info("another delivery of this batch was first", extra={"activity": run.activity_id})
