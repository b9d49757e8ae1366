"""A batch of messages from the queue: sent side by side, reported in one call, none left without an end."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from patterns.custom_channel.delivery import Delivery, Done, Dropped, Received, Wait
from patterns.custom_channel.message import MessageUnreadable, message_from_json
from patterns.custom_channel.results import Result, publish
from pinpoint_runtime.ledger import State
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import Again, Dead, End, Finished, SourceQueue

_LOG: Final = logger(__name__)
_RETRY: Final = Wait(30.0)


@dataclass(frozen=True)
class Poison:
    """What the queue held was no message of ours."""

    reason: str


Course: TypeAlias = Done | Wait | Dropped | Poison


@dataclass(frozen=True, eq=False)
class Arrived:
    """One record of the batch: where it is in the queue, and what it says."""

    record: Mapping[str, Any]
    received: Received | Poison

    @property
    def id(self) -> str:
        return str(self.record["messageId"])


@dataclass(frozen=True)
class Sender:
    """What a sender function does with its batches.

    Attributes:
        channel: The channel's name.
        delivery: How one message is delivered.
        queue: Where the messages come from.
        pinpoint: A boto3 client.
        threads: Sends at a time.
        clock: Epoch seconds.
    """

    channel: str
    delivery: Delivery
    queue: SourceQueue
    pinpoint: Any
    threads: Executor
    clock: Callable[[], float] = time.time

    def process(self, records: Sequence[Mapping[str, Any]]) -> tuple[list[str], Counter[str]]:
        """Take each record as far as it goes now.

        Returns:
            The ids of those that come again, and how many ended how.
        """
        arrived = [_arrived(record) for record in records]
        courses = dict(zip(arrived, self.threads.map(self._course, arrived), strict=True))
        courses |= self._reported(courses)
        again = self.queue.settle((one.record, self._end(one, course)) for one, course in courses.items())
        counts = Counter(
            "Postponed" if one.id in again else _count(course) for one, course in courses.items()
        )
        return again, counts

    def _course(self, arrived: Arrived) -> Course:
        if isinstance(arrived.received, Poison):
            return arrived.received
        try:
            return self.delivery.run(arrived.received)
        except Exception:  # noqa: BLE001 (the edge: it comes again, the rest goes on)
            _LOG.exception("delivery failed", extra={"message_key": arrived.received.message.key})
            return _RETRY

    def _reported(self, courses: Mapping[Arrived, Course]) -> dict[Arrived, Course]:
        """Tell the project how messages ended; those of which it was not told come again for that."""
        results = {
            one: Result(one.received.message, course.state, course.reason)
            for one, course in courses.items()
            if isinstance(course, Done) and isinstance(one.received, Received)
        }
        refused = publish(self.pinpoint, self.channel, list(results.values()), self.clock())
        changed: dict[Arrived, Course] = {}
        for one, result in results.items():
            refusal = refused.get(result.event_id)
            if refusal is None:
                continue
            _LOG.error(
                "result not reported", extra={"message_key": result.message.key, "why": refusal.reason}
            )
            hopeless = refusal.permanent or self._too_old(one)
            changed[one] = Poison(f"{result.state}: {refusal.reason}") if hopeless else _RETRY
        return changed

    def _end(self, arrived: Arrived, course: Course) -> End:
        match course:
            case Wait(seconds):
                return Again(seconds)
            case Poison(reason):
                return Dead(reason)
            case Done(state, reason) if isinstance(arrived.received, Received):
                # Who moves an unknown one back must be able to trust that it cannot go out twice.
                unknown = state is State.UNKNOWN and self.delivery.adapter.repeatable
                if state is State.FAILED or unknown:
                    return Dead(reason, arrived.received.message.put_back().to_json())
                return Finished()
            case _:
                return Finished()

    def _too_old(self, arrived: Arrived) -> bool:
        received = arrived.received
        return isinstance(received, Received) and self.clock() - received.sent_at > self.delivery.patience


def _arrived(record: Mapping[str, Any]) -> Arrived:
    try:
        message = message_from_json(record["body"])
    except MessageUnreadable as unreadable:
        return Arrived(record, Poison(f"unreadable message: {unreadable}"))
    attributes = record["attributes"]
    return Arrived(
        record,
        Received(
            message=message,
            sent_at=int(attributes["SentTimestamp"]) / 1000,
            receives=int(attributes["ApproximateReceiveCount"]),
        ),
    )


def _count(course: Course) -> str:
    match course:
        case Done(state):
            return state.value.capitalize()
        case Wait():
            return "Postponed"
        case Dropped():
            return "Duplicates"
        case Poison():
            return "Poison"
