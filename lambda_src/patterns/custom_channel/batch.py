"""A batch of messages from the queue: sent side by side, reported in one call, none left without an end."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from patterns.custom_channel.delivery import Delivery, Done, Dropped, Received, Wait
from patterns.custom_channel.message import MessageUnreadable, message_from_json
from patterns.custom_channel.outbox import Letter, enqueue
from patterns.custom_channel.results import Result, publish
from pinpoint_runtime.ledger import State
from pinpoint_runtime.logger import logger

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
        sqs, pinpoint: boto3 clients.
        queue_url: Where the messages come from.
        dead_letters_url: Where those go that failed.
        threads: Sends at a time.
        clock: Epoch seconds.
    """

    channel: str
    delivery: Delivery
    sqs: Any
    pinpoint: Any
    queue_url: str
    dead_letters_url: str
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
        courses |= self._buried(courses)
        waiting = {one: course for one, course in courses.items() if isinstance(course, Wait)}
        self._put_off(waiting)
        return [one.id for one in waiting], Counter(_count(course) for course in courses.values())

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

    def _buried(self, courses: Mapping[Arrived, Course]) -> dict[Arrived, Course]:
        """Put what failed among the dead letters, with its reason."""
        dead = {one: letter for one, course in courses.items() if (letter := self._dead(one, course))}
        try:
            enqueue(self.sqs, self.dead_letters_url, dead.values())
        except Exception as error:  # noqa: BLE001 (nothing may be deleted before it is kept elsewhere)
            _LOG.error("dead letters not kept", extra={"why": type(error).__name__, "count": len(dead)})
            return dict.fromkeys(dead, _RETRY)
        return {}

    def _dead(self, arrived: Arrived, course: Course) -> Letter | None:
        if isinstance(course, Poison):
            return Letter(arrived.record["body"], course.reason)
        if not isinstance(course, Done) or not isinstance(arrived.received, Received):
            return None
        # Who moves an unknown one back must be able to trust that it cannot go out twice.
        unknown = course.state is State.UNKNOWN and self.delivery.adapter.repeatable
        if course.state is State.FAILED or unknown:
            return Letter(arrived.received.message.put_back().to_json(), course.reason)
        return None

    def _put_off(self, waiting: Mapping[Arrived, Wait]) -> None:
        """Hide messages for as long as they wait. If that fails, they come with the queue's own timeout."""
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": one.record["receiptHandle"],
                "VisibilityTimeout": max(1, round(wait.seconds)),
            }
            for number, (one, wait) in enumerate(waiting.items())
        ]
        for start in range(0, len(entries), 10):
            try:
                self.sqs.change_message_visibility_batch(
                    QueueUrl=self.queue_url, Entries=entries[start : start + 10]
                )
            except Exception as error:  # noqa: BLE001
                _LOG.warning("waits not set", extra={"why": type(error).__name__})

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
