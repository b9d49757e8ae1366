"""SQS mappings: for each queue, up to its maximum concurrency of batches at once, each on a thread.

A worker waits for its place first and receives afterwards, so that no message's visibility timeout runs
while its batch stands in line.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from embedded.concurrency.admission import Admission
from embedded.lambda_events.calls import call
from embedded.lambda_events.mapping import Mapping, current, enabled_mappings
from embedded.lambda_events.queue_events import event_of, failed_ids
from embedded.ministack_names import find
from embedded.service_iam.mappings import reading_refusal

_SQS = "ministack.services.sqs"
_log = logging.getLogger(__name__)
# More messages than these fill every worker that may start in a pass.
_ENOUGH: Final = 10_000
_LARGEST_RECEIVE: Final = 10
_AFTER_FAILURE: Final = 0.1


class QueueMappings:
    """Starts a worker wherever a queue has messages and its mapping has room.

    Args:
        admission: Gives the places.
        wake: Called when a worker ends, so that the next pass comes at once.
    """

    def __init__(self, admission: Admission, wake: Callable[[], None]) -> None:
        self._admission = admission
        self._wake = wake
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._in_line: Counter[str] = Counter()

    def poll(self) -> float | None:
        """Start the workers that are due; returns the seconds until a hidden message shows, if any."""
        soonest: float | None = None
        for mapping in enabled_mappings():
            if mapping.is_queue:
                with mapping.scope():
                    hidden = self._visit(mapping)
                if hidden is not None:
                    soonest = min(soonest or hidden, hidden)
        return soonest

    def _visit(self, mapping: Mapping) -> float | None:
        queue = queue_of(mapping)
        if queue is None:
            return None
        refusal = reading_refusal(mapping.role, mapping.source)
        if refusal:
            mapping.show(f"PROBLEM: {refusal}")
            return None
        ready, hidden = _look_into(queue)
        batches = -(-ready // mapping.batch_size)
        limit = find("ministack.services.lambda_svc._sqs_esm_concurrency")(
            mapping.record, mapping.function, mapping.config, queue
        )
        with self._lock:
            room = limit - self._running[mapping.uuid]
            wanted = min(room, batches - self._in_line[mapping.uuid])
            if wanted > 0:
                self._running[mapping.uuid] += wanted
                self._in_line[mapping.uuid] += wanted
        for _ in range(wanted):
            threading.Thread(target=self._work, args=(mapping,), daemon=True, name="mapping-sqs").start()
        return hidden

    def _work(self, mapping: Mapping) -> None:
        in_line = True

        def has_received() -> None:
            nonlocal in_line
            if in_line:
                in_line = False
                self._leave(self._in_line, mapping)

        try:
            with mapping.scope():
                while self._take_one(mapping, has_received):
                    pass
        finally:
            has_received()
            self._leave(self._running, mapping)
            self._wake()

    def _leave(self, counter: Counter[str], mapping: Mapping) -> None:
        with self._lock:
            counter[mapping.uuid] -= 1
            if counter[mapping.uuid] <= 0:
                del counter[mapping.uuid]

    def _take_one(self, mapping: Mapping, has_received: Callable[[], None]) -> bool:
        """Receive one batch and deliver it; false when there was none."""
        _wait_for_window(mapping)
        with self._admission.queued():
            now = current(mapping)
            queue = queue_of(now) if now else None
            if now is None or queue is None:
                return False
            messages = _receive(queue, now.batch_size)
            has_received()
            if not messages:
                return False
            delivered = _deliver(now, queue, messages)
        if not delivered:
            # The messages stay hidden for their visibility timeout; a function that fails at once
            # must not empty the queue at full speed.
            time.sleep(_AFTER_FAILURE)
        return True


def queue_of(mapping: Mapping) -> dict[str, Any] | None:
    """The mapped queue, or None while there is none."""
    queue: dict[str, Any] | None = find(f"{_SQS}._queue_by_arn")(mapping.source)
    return queue


def _look_into(queue: dict[str, Any]) -> tuple[int, float | None]:
    """How many messages are to be received, and the seconds until a hidden one shows.

    A message that shows may stand behind any number of hidden ones.
    """
    now, ready, hidden = time.time(), 0, None
    for message in list(queue["messages"]):
        wait = message["visible_at"] - now
        if wait > 0:
            hidden = wait if hidden is None else min(hidden, wait)
        elif (ready := ready + 1) >= _ENOUGH:
            break
    return ready, hidden


def _wait_for_window(mapping: Mapping) -> None:
    deadline = time.monotonic() + mapping.window
    while time.monotonic() < deadline and current(mapping):
        queue = queue_of(mapping)
        if queue is None or _look_into(queue)[0] >= mapping.batch_size:
            return
        time.sleep(0.02)


def _receive(queue: dict[str, Any], wanted: int) -> list[dict[str, Any]]:
    receive = find(f"{_SQS}._receive_messages_for_esm")
    messages: list[dict[str, Any]] = []
    while len(messages) < wanted:
        more = receive(queue["url"], min(_LARGEST_RECEIVE, wanted - len(messages)))
        if not more:
            break
        messages += more
    return messages


def _deliver(mapping: Mapping, queue: dict[str, Any], messages: list[dict[str, Any]]) -> bool:
    records = [event_of(message, mapping) for message in messages]
    wanted = mapping.filter(records)
    delete = find(f"{_SQS}._delete_messages_for_esm")
    kept = {record["messageId"] for record in wanted}
    # What the filter leaves out is done with, as on AWS.
    delete(queue["url"], {m["receipt_handle"] for m in messages if m["id"] not in kept})
    if not wanted:
        return True
    answer = call(mapping, {"Records": wanted})
    if answer.failed:
        function = mapping.config["FunctionName"]
        _log.warning("%s failed a batch from %s: %s", function, mapping.source, answer.body)
        return False
    failed = failed_ids(answer.body, kept) if mapping.reports_items else set[str]()
    delete(queue["url"], {m["receipt_handle"] for m in messages if m["id"] in kept - failed})
    return not failed
