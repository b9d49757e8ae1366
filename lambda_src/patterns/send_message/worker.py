"""A batch from the queue: requests taken, files cut, recipients worked on, and what is left going on.

Whoever is not dealt with goes on in a message of its own; every other one has a result on the bus before its
message leaves the queue.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Final

from botocore.model import ServiceModel

from patterns.send_message.acceptance import Acceptance, Acceptances
from patterns.send_message.content import Malformed
from patterns.send_message.recipients_file import RecipientsFiles
from patterns.send_message.sending import Sending, Work
from patterns.send_message.tasks import Progress, Task, parse
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import (
    Again,
    Dead,
    End,
    Finished,
    Letter,
    Record,
    SourceQueue,
    backoff,
    enqueue,
)

_LOG: Final = logger(__name__)
_RETRY: Final = Again(30.0)
_MOST_FILES: Final = 4
_LONGEST_BACKOFF: Final = 300.0
_USED_BEFORE: Final = Dead("request_id was used before for other content or other recipients: take a new one")


@dataclass(frozen=True, eq=False)
class Job:
    """One message of the batch, with the request that it holds."""

    record: Record
    task: Task

    @property
    def times(self) -> int:
        """How often the request was worked on."""
        return self.task.rounds + int(self.record["attributes"]["ApproximateReceiveCount"])


@dataclass(frozen=True)
class Worker:
    """What a sender function does with its batches.

    Attributes:
        channels: Those that are enabled.
        model: botocore's of Pinpoint.
        acceptances: The requests that were taken.
        files: The bucket with files of recipients.
        sending: How recipients are sent to.
        queue: Where the messages come from.
        sqs, queue_url: The same queue, for what goes on.
        threads: Requests taken at a time.
    """

    channels: Iterable[str]
    model: ServiceModel
    acceptances: Acceptances
    files: RecipientsFiles
    sending: Sending
    queue: SourceQueue
    sqs: Any
    queue_url: str
    threads: Executor

    def process(self, records: Sequence[Record]) -> tuple[list[str], Counter[str]]:
        """Take each message as far as it goes now.

        Returns:
            The ids of those that come again, and how many ended how.
        """
        taken = list(zip(records, self.threads.map(self._taken, records), strict=True))
        ends = [(record, found) for record, found in taken if not isinstance(found, Job)]
        jobs = [found for _, found in taken if isinstance(found, Job)]
        files = [job for job in jobs if job.task.file_key]
        lists = [job for job in jobs if not job.task.file_key]
        ends += [(job.record, self._cut(job)) for job in files[:_MOST_FILES]]
        ends += [(job.record, Again(1)) for job in files[_MOST_FILES:]]
        works, counts = self.sending.work([job.task for job in lists])
        counts["Refused"] = sum(isinstance(end, Dead) for _, end in ends)
        counts["Repeated"] = sum(isinstance(found, Finished) for _, found in taken)
        ends += self._ended(list(zip(lists, works, strict=True)))
        return self.queue.settle(ends), counts

    def _taken(self, record: Record) -> Job | End:
        """A request that is to be worked on, or how its message ends at once."""
        try:
            task = parse(record["body"], self.channels, self.model)
        except Malformed as malformed:
            return Dead(str(malformed))
        if task.progress is not None:
            return Job(record, task)
        try:
            acceptance = self.acceptances.accept(
                task.request_id, message_id=record["messageId"], digest=task.digest
            )
        except Exception as error:  # noqa: BLE001 (nothing was done: it comes again)
            _LOG.warning("request not taken", extra={"why": type(error).__name__})
            return _RETRY
        match acceptance:
            case Acceptance.ACCEPTED:
                sent_at = int(record["attributes"]["SentTimestamp"]) / 1000
                return Job(record, replace(task, progress=Progress(sent_at)))
            case Acceptance.REPEATED:
                _LOG.info("request repeated", extra={"request_id": task.request_id})
                return Finished()
            case Acceptance.OTHER_CONTENT:
                return _USED_BEFORE

    def _cut(self, job: Job) -> End:
        """Put the next piece of a file into the queue, and the rest behind it."""
        task = job.task
        begun = task.progress or Progress(task.accepted_at)
        try:
            piece = self.files.read(task.file_key, task.file_version, begun)
            bodies = list(task.parts(piece.documents, Progress(task.accepted_at)))
            if piece.progress:
                bodies.append(task.rest_of_file(piece.progress))
            if not bodies and not begun.offset:
                raise Malformed("recipients_file: the object holds no recipient")
            enqueue(self.sqs, self.queue_url, [Letter(body) for body in bodies])
        except Malformed as malformed:
            # Its request id is taken: whoever moves it back must not find it repeated.
            return Dead(str(malformed), task.rest_of_file(begun))
        except Exception as error:  # noqa: BLE001 (what is in the queue already, the ledger will know)
            _LOG.warning("file not read", extra={"why": type(error).__name__})
            if self.sending.is_over(task):
                return Dead(f"recipients_file: {type(error).__name__}", task.rest_of_file(begun))
            return Again(backoff(job.times, longest=_LONGEST_BACKOFF))
        return Finished()

    def _ended(self, worked: Sequence[tuple[Job, Work]]) -> list[tuple[Record, End]]:
        ends: dict[Job, End] = {}
        rest: list[Letter] = []
        for job, work in worked:
            if not work.left:
                ends[job] = Finished()
            elif work.untold and self.sending.is_over(job.task):
                ends[job] = self._buried(job, work)
            elif work.as_it_came:
                ends[job] = Again(_wait(job, work))
            else:
                rest += [Letter(body, delay=round(_wait(job, work))) for body in _rest(job, work)]
        if rest:
            # Whether it comes once more or twice: the ledger knows who was sent to.
            end = Finished() if self._enqueued(rest) else _RETRY
            ends = {job: ends.get(job, end) for job, _ in worked}
        return [(job.record, end) for job, end in ends.items()]

    def _buried(self, job: Job, work: Work) -> End:
        """Results that the bus does not take: a letter that is moved back tells them, and sends nothing."""
        body, *more = _rest(job, work)
        if more and not self._enqueued([Letter(each, delay=60) for each in more]):
            return _RETRY
        return Dead("the event bus did not take the results", body)

    def _enqueued(self, letters: Sequence[Letter]) -> bool:
        try:
            enqueue(self.sqs, self.queue_url, letters)
        except Exception as error:  # noqa: BLE001 (they come again with their own message)
            _LOG.error("rest not queued", extra={"why": type(error).__name__, "count": len(letters)})
            return False
        return True


def _wait(job: Job, work: Work) -> float:
    """Seconds until the rest comes again; hardly any where there was only no room for it."""
    if not work.postponed and not work.untold:
        return 1.0
    after = max((fate.after for fate in work.postponed), default=0.0)
    return min(backoff(job.times, longest=_LONGEST_BACKOFF, after=after), 900.0)


def _rest(job: Job, work: Work) -> list[str]:
    return list(job.task.parts(work.left, Progress(job.task.accepted_at, rounds=job.times)))
