"""A batch of the queue: conversations side by side, each one's messages in the order of their times."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from patterns.two_way_sms.answering import Answering, Course, Received
from patterns.two_way_sms.inbound import Unreadable, inbound_from_json, put_back
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import Again, Dead, End, SourceQueue

_LOG: Final = logger(__name__)
_RETRY_SECONDS: Final = 30.0
_NEXT_TURN_SECONDS: Final = 1.0
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Worker:
    """What a worker function does with its batches.

    Attributes:
        answering: How one message is answered.
        queue: Where messages come from.
        threads: Conversations at a time.
        seconds: After so many of a batch no further message is begun.
        clock: Epoch seconds.
    """

    answering: Answering
    queue: SourceQueue
    threads: Executor
    seconds: float
    clock: Callable[[], float] = time.time

    def process(self, records: Sequence[Record]) -> tuple[list[str], Counter[str]]:
        """Take each record as far as it goes now.

        Returns:
            The ids of those that come again, and how many ended how.
        """
        until = self.clock() + self.seconds
        bodies = {str(record["messageId"]): record for record in records}
        courses: dict[str, Course] = {}
        conversations: dict[str, list[Received]] = defaultdict(list)
        for identifier, record in bodies.items():
            try:
                received = _received(record)
            except Unreadable as error:
                courses[identifier] = Course(Dead(f"unreadable: {error}"), "Poison")
            else:
                conversations[received.inbound.conversation_id].append(received)
        for done in self.threads.map(partial(self._conversation, until=until), conversations.values()):
            courses |= done
        again = self.queue.settle((bodies[each], _end(bodies[each], one)) for each, one in courses.items())
        return again, Counter(
            "Postponed" if identifier in again else course.count for identifier, course in courses.items()
        )

    def _conversation(self, messages: Sequence[Received], *, until: float) -> dict[str, Course]:
        """One after the other; behind one that comes again, all come again.

        In the order of the conversation's line, also among those of one moment: whoever stood in front of
        another here and behind it there would hold up both.
        """
        courses: dict[str, Course] = {}
        for received in sorted(messages, key=lambda each: (each.inbound.at, each.record_id)):
            behind = any(isinstance(course.end, Again) for course in courses.values())
            if behind or self.clock() >= until:
                courses[received.record_id] = Course(Again(_NEXT_TURN_SECONDS), "Postponed")
            else:
                courses[received.record_id] = self._run(received)
        return courses

    def _run(self, received: Received) -> Course:
        try:
            return self.answering.run(received)
        except Exception:  # noqa: BLE001 (the edge: it comes again, the others go on)
            _LOG.exception("message not worked on", extra={"message_id": received.inbound.id})
            return Course(Again(_RETRY_SECONDS), "Postponed")


def _received(record: Record) -> Received:
    attributes: Mapping[str, str] = record["attributes"]
    return Received(
        record_id=str(record["messageId"]),
        inbound=inbound_from_json(record["body"]),
        sent_at=int(attributes["SentTimestamp"]) / 1000,
        receives=int(attributes["ApproximateReceiveCount"]),
    )


def _end(record: Record, course: Course) -> End:
    """A dead letter that could be read is written so that it may be tried anew once it is moved back."""
    if isinstance(course.end, Dead) and course.count != "Poison":
        return Dead(course.end.reason, put_back(record["body"]))
    return course.end
