"""A batch of messages: read, sorted, applied, and each brought to its end."""

import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from patterns.audience_sync.applying import Applier, InTime, Outcomes
from patterns.audience_sync.bulk import Bulk
from patterns.audience_sync.message import Changes, Message, Unreadable, UserDeletion, read_message
from patterns.audience_sync.runs import Fate, Outcome, Part, sort_parts
from patterns.audience_sync.user_deletion import delete_user
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import (
    Again,
    Dead,
    End,
    EnqueueFailed,
    Finished,
    Letter,
    SourceQueue,
    backoff,
    enqueue,
)

Record: TypeAlias = Mapping[str, Any]

_LOG = logger(__name__)
_LONGEST_WAIT: Final = 300.0
_LONGEST_DELAY: Final = 900
_RETRY: Final = Again(30.0)


@dataclass(frozen=True)
class Mailbox:
    """Where messages come from and go to.

    Attributes:
        sqs: A boto3 SQS client.
        url: The queue of changes.
        dead_letters_url: Where those go that can never be applied.
    """

    sqs: Any
    url: str
    dead_letters_url: str

    def settle(self, ends: Sequence[tuple[Record, End]]) -> list[str]:
        """End messages; gives the ids of those that come again."""
        queue = SourceQueue(self.sqs, url=self.url, dead_letters_url=self.dead_letters_url)
        return queue.settle(ends)

    def bury(self, letters: Sequence[Letter]) -> None:
        """Keep what can never be applied, each with its reason."""
        enqueue(self.sqs, self.dead_letters_url, letters)

    def send(self, letters: Sequence[Letter]) -> None:
        """Put changes into the queue."""
        enqueue(self.sqs, self.url, letters)


@dataclass(frozen=True)
class Sync:
    """What the worker does with its batches.

    Attributes:
        applier: Brings changes to the project by calls.
        bulk: Brings them there by files, where a backlog is too long for calls.
        mailbox: Where the messages are.
        patience: Seconds after which a change that was never applied is given up.
        clock: Epoch seconds.
    """

    applier: Applier
    bulk: Bulk
    mailbox: Mailbox
    patience: float
    clock: Callable[[], float] = time.time

    def process(self, records: Sequence[Record], in_time: InTime) -> tuple[list[str], Counter[str]]:
        """Take each message as far as it goes now.

        Returns:
            The ids of those that come again; how many changes ended how, and how many calls they took.
        """
        messages = [_read(record) for record in records]
        parts = [
            Part(number, change)
            for number, message in enumerate(messages)
            if isinstance(message, Changes)
            for change in message.changes
        ]
        holder = uuid.uuid4().hex
        calls_before = self.applier.project.calls
        outcomes = self._outcomes(parts, holder, in_time)
        counts = Counter({"Calls": self.applier.project.calls - calls_before})
        ended: dict[int, list[tuple[Part, Outcome]]] = defaultdict(list)
        for part, outcome in outcomes.items():
            ended[part.message].append((part, outcome))
        ends: list[tuple[Record, End]] = []
        for number, (record, message) in enumerate(zip(records, messages, strict=True)):
            match message:
                case Unreadable():
                    counts["DeadLettered"] += 1
                    ends.append((record, Dead(str(message))))
                case UserDeletion():
                    deleted = delete_user(self.applier, message, f"{holder}-{number}", in_time, self.clock)
                    counts["Deleted"] += deleted.endpoints
                    ends.append((record, self._end(record, deleted.outcome)))
                case Changes():
                    ends.append((record, self._end_of_changes(record, message, ended[number], counts)))
        return self.mailbox.settle(ends), +counts

    def _outcomes(self, parts: Sequence[Part], holder: str, in_time: InTime) -> Outcomes:
        outcomes = self._of_deleted_users(parts)
        batch = sort_parts(part for part in parts if part not in outcomes)
        waiting: set[str] = set()
        for number, runs in enumerate(batch.rounds):
            behind = [run for run in runs if run.endpoint_id.lower() in waiting]
            ready = [run for run in runs if run.endpoint_id.lower() not in waiting]
            for run in behind:
                outcomes |= dict.fromkeys(run.parts, _RETRY)
            # What has a second run must not wait for a file in between.
            later = {run.endpoint_id.lower() for more in batch.rounds[1:] for run in more}
            filed, called = self.bulk.part(ready, but=later) if number == 0 else ([], ready)
            ended = self.bulk.file(filed, self.applier, in_time) if filed else {}
            ended |= self.applier.apply(called, holder, in_time)
            outcomes |= ended
            waiting |= {
                part.change.endpoint_id.lower() for part, end in ended.items() if isinstance(end, Again)
            }
        for copy, original in batch.copies.items():
            outcomes[copy] = Fate.STALE if isinstance(outcomes[original], Fate) else _RETRY
        return outcomes

    def _of_deleted_users(self, parts: Sequence[Part]) -> Outcomes:
        users = {user_id for part in parts if (user_id := part.change.user_id)}
        deleted = self.applier.states.deleted_users(users) if users else {}
        return {
            part: Fate.STALE
            for part in parts
            if part.change.user_id and deleted.get(part.change.user_id, -1) >= part.change.version
        }

    def _end_of_changes(
        self,
        record: Record,
        message: Changes,
        ended: Sequence[tuple[Part, Outcome]],
        counts: Counter[str],
    ) -> End:
        """One end for a message of several endpoints: what did not end well goes its own way."""
        again = [(part, outcome) for part, outcome in ended if isinstance(outcome, Again)]
        dead = [Letter(refused.body, refused.reason) for refused in message.refused]
        for part, outcome in ended:
            if isinstance(outcome, Dead):
                dead.append(Letter(part.change.message(), outcome.reason))
        alone = len(ended) + len(message.refused) == 1
        if again and len(again) == len(ended) and not dead:
            end = self._end(record, max((end for _, end in again), key=lambda end: end.seconds))
            counts["Postponed" if isinstance(end, Again) else "DeadLettered"] += len(again)
            return end
        counts.update(outcome.value for _, outcome in ended if isinstance(outcome, Fate))
        counts["DeadLettered"] += len(dead)
        counts["Postponed"] += len(again)
        if alone and dead:
            return Dead(dead[0].reason)
        try:
            self.mailbox.bury(dead)
            self.mailbox.send(
                [
                    Letter(part.change.message(), delay=min(round(end.seconds), _LONGEST_DELAY))
                    for part, end in again
                ]
            )
        except EnqueueFailed as failed:
            # The whole message once more; what was applied is stale then.
            _LOG.error("parts of a message not kept", extra={"count": failed.count})
            return _RETRY
        return Finished()

    def _end(self, record: Record, outcome: Outcome) -> End:
        match outcome:
            case Again(seconds):
                attributes = record["attributes"]
                age = self.clock() - int(attributes["SentTimestamp"]) / 1000
                if age > self.patience:
                    return Dead(f"given up after {round(age / 3600)} hours: it could never be applied")
                receives = int(attributes["ApproximateReceiveCount"])
                return Again(max(min(seconds, backoff(receives, longest=_LONGEST_WAIT)), 1.0))
            case Dead():
                return outcome
            case _:
                return Finished()


def _read(record: Record) -> Message | Unreadable:
    try:
        return read_message(record["body"])
    except Unreadable as unreadable:
        return unreadable
