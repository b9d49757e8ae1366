"""Results on EventBridge: ten a call, each entry's own answer read.

See https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

from patterns.send_message.outcomes import Outcome
from patterns.send_message.targets import Target
from pinpoint_runtime.logger import logger

SOURCE: Final = "pinpoint-patterns.send-message"
DETAIL_TYPE: Final = "Message Result"
_MOST_ENTRIES: Final = 10
_ROUNDS: Final = 3
_LOG: Final = logger(__name__)


@dataclass(frozen=True, eq=False)
class Result:
    """How the message to one target ended."""

    target: Target
    outcome: Outcome

    def detail(self) -> dict[str, Any]:
        """The event's detail: it tells who without the plain address."""
        target, task = self.target, self.target.task
        recipient = {
            "position": target.listed.position,
            "endpoint_id": target.endpoint_id,
            "user_id": target.user_id,
            "address_sha256": target.address_hash,
        }
        return {
            "request_id": task.request_id,
            "result_id": target.result_id,
            "recipient": {name: value for name, value in recipient.items() if value != ""},
            "channel": task.channel,
            "status": self.outcome.status,
            "reason": self.outcome.reason,
            "message_id": self.outcome.message_id,
            "context": {**task.context, **target.listed.context},
        }


class Teller:
    """Tells results.

    Args:
        events: A boto3 EventBridge client.
        bus: The bus, by name or ARN.
        threads: Calls at a time.
        sleep: Waits between rounds.
    """

    def __init__(
        self, events: Any, bus: str, threads: Executor, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._events = events
        self._bus = bus
        self._threads = threads
        self._sleep = sleep

    def tell(self, results: Sequence[Result]) -> list[Result]:
        """Put a result's event each.

        Returns:
            Those that the bus did not take after several tries.
        """
        chunks = [results[at : at + _MOST_ENTRIES] for at in range(0, len(results), _MOST_ENTRIES)]
        return [result for untold in self._threads.map(self._put, chunks) for result in untold]

    def _put(self, results: Sequence[Result]) -> Sequence[Result]:
        for attempt in range(_ROUNDS):
            results = self._put_once(results)
            if not results:
                break
            if attempt + 1 < _ROUNDS:
                self._sleep(0.2 * 2**attempt)
        return results

    def _put_once(self, results: Sequence[Result]) -> Sequence[Result]:
        try:
            answer = self._events.put_events(Entries=[self._entry(result) for result in results])
        except Exception as error:  # noqa: BLE001 (whatever it was, they are still to be told)
            _LOG.error("results not told", extra={"why": type(error).__name__, "count": len(results)})
            return results
        return _not_taken(results, answer)

    def _entry(self, result: Result) -> dict[str, Any]:
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(result.detail()),
        }


def _not_taken(results: Sequence[Result], answer: Mapping[str, Any]) -> Sequence[Result]:
    entries = answer.get("Entries", [])
    untold = [
        result
        for number, result in enumerate(results)
        if number >= len(entries) or "EventId" not in entries[number]
    ]
    if untold:
        codes = sorted({str(entry["ErrorCode"]) for entry in entries if "ErrorCode" in entry})
        _LOG.warning("results refused", extra={"codes": codes, "count": len(untold)})
    return untold
