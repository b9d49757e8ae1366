"""One batch of a run, from its pointer on the queue to its counts on the activity.

The order is what keeps people from being sent to twice: the ledger is read before anybody is asked,
claimed before the channel is called, and settled before the batch is counted. A repeated message finds
the batch done, or its entries settled, and sends to nobody again.

A batch that failed on every attempt is counted as it stands, so that its run ends, and is a dead letter.
Put back on the queue, it is sent to whom it still can be, and counted anew.
"""

from collections import Counter
from collections.abc import Sequence

from engine import choices
from engine.campaigns.eligibility import why_left_out
from engine.campaigns.progress import Run, finish_if_done, run_of
from engine.context import Context
from engine.deliveries.batch import TREATMENT, Batch, load_batch
from engine.deliveries.caps import capped, count_messages
from engine.deliveries.hook import filtered, hook_of
from engine.deliveries.ledger import Busy, claim, settle, standing
from engine.deliveries.limits import is_over, seconds_to_wait
from engine.deliveries.outcome import DEAD_LETTERED, Outcomes, status_of
from engine.deliveries.quiet_time import is_quiet
from engine.deliveries.send import send
from engine.functions import CallFailed
from engine.store import Add, Document, Edit, TransactionLost
from engine.stream.outbox import emit
from engine.stream.records import campaign_send
from engine.worker import MAX_ATTEMPTS, Message, keep_dead_letter
from pinpoint_runtime.logger import logger

_log = logger(__name__)
# The most that one message may be put back for by SQS.
_LONGEST_DELAY = 900


def work(context: Context, message: Message) -> None:
    """Deliver the batch that a message points to."""
    run = run_of(message.body)
    given_up = message.attempt > MAX_ATTEMPTS
    batch = load_batch(context, run, message.body["Batch"])
    if batch is None:
        finish_if_done(context, run)
        return
    try:
        # A batch that must wait goes back as a new message: waiting is no failed attempt.
        if not given_up and not is_over(context, batch) and (seconds := seconds_to_wait(context, batch)):
            context.queues.send("deliveries", [message.body], delay_seconds=seconds)
            return
        outcomes = _deliver(context, batch, given_up=given_up)
    except Busy as busy:
        delay = min(_LONGEST_DELAY, busy.seconds + 1)
        context.queues.send("deliveries", [message.body], delay_seconds=delay)
        return
    _emit(context, batch, outcomes)
    failed = DEAD_LETTERED in outcomes.of.values()
    if failed:
        keep_dead_letter(context, message, "the batch could not be sent on any attempt")
    _count(context, batch, outcomes, failed=failed)
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
    if is_over(context, batch):
        outcomes.set(batch.ids, f"Status.{choices.STATUS_AFTER_THE_DURATION}")
        return outcomes
    if given_up:
        # What was not claimed was not sent.
        outcomes.set(batch.ids, DEAD_LETTERED)
        return outcomes
    for name, status in capped(context, batch, _open(batch, outcomes)).items():
        outcomes.set([name], f"Status.{status}")
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
    count_messages(context, batch, claimed)
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
    ids = [f"{batch.run.activity_id}\n{record['client']['client_id'].lower()}" for record in records]
    emit(context, batch.run.application_id, records, ids=ids)


def _count(context: Context, batch: Batch, outcomes: Outcomes, *, failed: bool) -> None:
    run: Run = batch.run
    current = context.store.get(batch.item.key)
    if current is None or current.doc["State"] == "DONE":
        return
    former = current.doc.get("Counted")
    counted = outcomes.counters() if batch.kind != "HOLDOUT" else {}
    progress = Counter(BatchesDone=int(former is None), BatchesFailed=int(failed) - int(former is not None))
    counters = Counter(counted)
    counters.subtract(former or {})
    changed = {"State": "FAILED", "Counted": counted} if failed else {"State": "DONE"}
    writes: list[Edit | Add] = [
        Edit(current.key, current.doc | changed, current.version),
        Add(run.progress_key, progress),
    ]
    if counters:
        writes.append(Add(run.key, counters))
    try:
        context.store.write(writes)
    except TransactionLost:
        _log.info("another delivery of this batch was first", extra={"activity": run.activity_id})
