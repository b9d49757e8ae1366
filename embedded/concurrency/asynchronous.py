"""Asynchronous invocations: a queue that waits for a place and for reserved concurrency, and drops nothing.

ministack gives each event a thread that runs at once, counts a throttle as a failed attempt, and sends the
dead-letter queue what a destination would get. This follows AWS instead:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import contextvars
import heapq
import itertools
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

from embedded.concurrency.admission import Admission, admitted
from embedded.concurrency.async_failures import report
from embedded.ministack_names import find

_LAMBDA = "ministack.services.lambda_svc"
_RETRY_SECONDS = (1.0, 2.0)
"""AWS waits one and two minutes between attempts; an embedded AWS has less patience."""
_THROTTLE_SECONDS = 0.25


@dataclass(frozen=True, order=True)
class _Invocation:
    due: float
    turn: int
    function: dict[str, Any] = field(compare=False)
    event: Any = field(compare=False)
    context: contextvars.Context = field(compare=False)
    accepted: float = field(compare=False)
    attempts: int = field(default=0, compare=False)


class AsynchronousQueue:
    """Events on their way to functions. One thread takes them in order, as places become free."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._turns = itertools.count()
        self._waiting: list[_Invocation] = []
        self._changed = threading.Condition()
        self._started = False

    def accept(self, function: dict[str, Any], event: Any) -> None:
        """Queue one event for a function record; returns at once."""
        now = time.time()
        if "config" not in function:
            function = {"config": function, **function}
        self._put(_Invocation(now, next(self._turns), function, event, contextvars.copy_context(), now))

    def clear(self) -> None:
        """Forget what waits, as a reset of the server does."""
        with self._changed:
            self._waiting.clear()

    def _put(self, invocation: _Invocation) -> None:
        with self._changed:
            heapq.heappush(self._waiting, invocation)
            self._changed.notify_all()
            if not self._started:
                self._started = True
                threading.Thread(target=self._take_forever, daemon=True, name="lambda-asynchronous").start()

    def _take_forever(self) -> None:
        gate = self._admission.queued_gate
        while True:
            self._wait_for_one()
            # The place comes first: whoever becomes due meanwhile with an earlier turn goes first.
            ticket = gate.acquire()
            invocation = self._next_due()
            if invocation is None:
                gate.release(ticket)
                continue
            threading.Thread(
                target=self._run, args=(invocation, ticket), daemon=True, name="lambda-asynchronous-run"
            ).start()

    def _wait_for_one(self) -> None:
        with self._changed:
            while not self._waiting or self._waiting[0].due > time.time():
                seconds = self._waiting[0].due - time.time() if self._waiting else None
                self._changed.wait(seconds)

    def _next_due(self) -> _Invocation | None:
        with self._changed:
            if self._waiting and self._waiting[0].due <= time.time():
                return heapq.heappop(self._waiting)
            return None

    def _run(self, invocation: _Invocation, ticket: int) -> None:
        try:
            result = invocation.context.run(_execute, invocation.function, invocation.event)
        finally:
            self._admission.queued_gate.release(ticket)
        if not result.get("error"):
            return
        settings = _settings(invocation.function)
        now = time.time()
        if result.get("throttle"):
            again = replace(invocation, due=now + _THROTTLE_SECONDS)
            condition = "EventAgeExceeded"
            exhausted = False
        else:
            attempts = invocation.attempts + 1
            exhausted = attempts > settings.retries
            delay = _RETRY_SECONDS[min(attempts, len(_RETRY_SECONDS)) - 1]
            again = replace(invocation, due=now + delay, attempts=attempts)
            condition = "RetriesExhausted" if exhausted else "EventAgeExceeded"
        if exhausted or again.due - invocation.accepted > settings.oldest:
            invocation.context.run(
                report, invocation.function, invocation.event, result, again.attempts, condition
            )
        else:
            self._put(again)


@dataclass(frozen=True)
class _Settings:
    retries: int
    oldest: int


def _settings(function: dict[str, Any]) -> _Settings:
    configured = function.get("event_invoke_config") or {}
    retries = configured.get("MaximumRetryAttempts")
    return _Settings(
        retries=2 if retries is None else int(retries),
        oldest=int(configured.get("MaximumEventAgeInSeconds") or 6 * 3600),
    )


def _execute(function: dict[str, Any], event: Any) -> dict[str, Any]:
    """Run the function as it was when the event came, under the concurrency that is reserved for it now."""
    current, _, _ = find(f"{_LAMBDA}._get_func_record_for_ref")(function["config"]["FunctionArn"])
    if current is None:
        return {}
    record = {**function, "concurrency": current.get("concurrency")}
    with admitted():
        result: dict[str, Any] = find(f"{_LAMBDA}._execute_function_with_config_scope")(record, event)
    return result
