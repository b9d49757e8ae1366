"""One lane of a stream mapping: a shard, or a share of its keys, whose batches run one after another."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Final

from embedded.concurrency.admission import Admission
from embedded.lambda_events.batches import (
    Batch,
    Next,
    Record,
    after_failure,
    first_failure,
    split_by_age,
)
from embedded.lambda_events.calls import call
from embedded.lambda_events.discards import report
from embedded.lambda_events.mapping import Mapping, current
from embedded.lambda_events.sources import source_of

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_LOOK_AGAIN: Final = 0.02
# Lambda's limit for a synchronous request is 6 MB; the envelope of a record takes about half a kilobyte.
_LARGEST_EVENT: Final = 6_000_000
_ENVELOPE: Final = 512


class Lane:
    """Reads and delivers in a thread of its own, which ends when nothing is left.

    Args:
        mapping: As it was when the lane was made; read again before every call.
        shard: The shard's id.
        number: Which of the mapping's lanes in that shard.
        checkpoint: Read what comes after it.
    """

    def __init__(
        self, mapping: Mapping, shard: str, number: int, checkpoint: str, admission: Admission
    ) -> None:
        self._mapping = mapping
        self._shard = shard
        self._number = number
        self._admission = admission
        self._pending: deque[Batch] = deque()
        self._lock = threading.Lock()
        self._running = False
        self._pause = 0.0
        self.checkpoint = checkpoint

    def wake(self) -> None:
        """Start delivering if there is anything to deliver and the thread is not at it already."""
        with self._lock:
            if self._running or not self._has_work():
                return
            self._running = True
        name = f"mapping-{self._mapping.uuid[:8]}-{self._shard[-4:]}"
        threading.Thread(target=self._run, daemon=True, name=name).start()

    def is_done(self) -> bool:
        """Whether every record so far was delivered or given up."""
        with self._lock:
            return not self._running and not self._has_work()

    def _has_work(self) -> bool:
        return bool(self._pending) or bool(self._read(1))

    def _read(self, limit: int) -> list[Record]:
        with self._mapping.scope():
            source = source_of(self._mapping)
            if source is None or self._shard not in source.shards():
                return []
            return source.read(self._shard, self.checkpoint, limit, self._number)

    def _run(self) -> None:
        try:
            while (mapping := self._still_to_do()) is not None:
                with mapping.scope():
                    self._deliver(mapping)
                time.sleep(self._pause)
        except BaseException:
            self._running = False
            raise

    def _still_to_do(self) -> Mapping | None:
        mapping = current(self._mapping)
        # Deciding to end and being found ended are one step, so that no record falls between them.
        with self._lock:
            if mapping is None or not self._has_work():
                self._running = False
                return None
        return mapping

    def _deliver(self, mapping: Mapping) -> None:
        if not self._pending:
            self._collect(mapping)
        with self._admission.queued():
            # Waiting for a place may take a while: only now is the batch what is delivered.
            now = current(mapping)
            if now is None or not self._pending:
                return
            batch = self._pending.popleft()
            try:
                outcome = self._attempt(now, batch)
            except BaseException:
                self._pending.appendleft(batch)
                raise
        self._pending.extendleft(reversed(outcome.batches))
        for discarded in outcome.discarded:
            report(mapping, self._shard, discarded)
        if not self._pending:
            self.checkpoint = max(self.checkpoint, batch.records[-1].checkpoint)

    def _attempt(self, mapping: Mapping, batch: Batch) -> Next:
        limits = mapping.limits
        by_age = split_by_age(batch, limits, time.time())
        if not by_age.batches:
            return by_age
        batch = by_age.batches[0]
        events = mapping.filter([record.event for record in batch.records])
        answer = call(mapping, {"Records": events}) if events else None
        if answer is None:
            failed = None
        elif answer.throttled:
            self._slow_down()
            return Next((batch,), by_age.discarded)
        elif answer.failed:
            failed = 0
        else:
            failed = first_failure(batch, answer.body, reports_items=mapping.reports_items)
        if failed is None:
            self._pause = 0.0
            return Next(discarded=by_age.discarded)
        outcome = after_failure(batch, failed, limits)
        if outcome.batches:
            self._slow_down()
        return Next(outcome.batches, by_age.discarded + outcome.discarded)

    def _slow_down(self) -> None:
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or _FIRST_PAUSE)

    def _collect(self, mapping: Mapping) -> None:
        """Make a batch of what is there, once it is full or its window is over."""
        deadline = time.monotonic() + mapping.window
        records = self._read(mapping.batch_size)
        while len(records) < mapping.batch_size and time.monotonic() < deadline and current(mapping):
            time.sleep(_LOOK_AGAIN)
            records = self._read(mapping.batch_size)
        if records:
            self._pending.append(Batch(tuple(_within_size(records))))


def _within_size(records: list[Record]) -> Iterator[Record]:
    size = 0
    for index, record in enumerate(records):
        size += len(record.event.get("kinesis", {}).get("data", "")) + _ENVELOPE
        if index and size > _LARGEST_EVENT:
            return
        yield record
