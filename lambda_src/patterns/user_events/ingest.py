"""A batch of messages from the queue: read, checked, put side by side, each event brought to an end."""

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from patterns.user_events.checks import CheckedEvent, check
from patterns.user_events.message import Element, read_message
from patterns.user_events.putting import Fate, Later, Never, Putting, Taken, key_of
from patterns.user_events.reasons import Reason, Rejected
from patterns.user_events.users import Unanswered, Users
from pinpoint_runtime.ledger import Claimed, Ledger, State
from pinpoint_runtime.logger import logger
from pinpoint_runtime.project_events import ProjectEvent
from pinpoint_runtime.queues import Again, Dead, End, Finished, Letter, SourceQueue

Record: TypeAlias = Mapping[str, Any]

_LOG: Final = logger(__name__)
_RETRY_SECONDS: Final = 10.0
# An old message is looked at ever more rarely: SQS gives it up, without a reason, after 1,000 receives.
_SHARE_OF_AGE: Final = 0.1
_LONGEST_WAIT: Final = 300.0


@dataclass(frozen=True, eq=False)
class Place:
    """One event of one message.

    Attributes:
        record: The message.
        number: Where in it.
        element: As it came; None for a message that holds no events.
        found: What it says, or why it cannot be taken.
        alone: Whether the message holds nothing else.
    """

    record: Record
    number: int
    element: Element | None
    found: CheckedEvent | Never
    alone: bool

    @property
    def body(self) -> str:
        """A message of this event alone."""
        return str(self.record["body"]) if self.element is None else self.element.to_json()


@dataclass(frozen=True)
class Counted:
    """How many events ended how, and those that were rejected by reason."""

    counts: Counter[str] = field(default_factory=Counter[str])
    rejected: Counter[str] = field(default_factory=Counter[str])

    def reject(self, refused: Sequence[Never]) -> None:
        """Count events that wait among the dead letters."""
        self.counts["Rejected"] += len(refused)
        self.rejected.update(fate.reason for fate in refused)


@dataclass(frozen=True)
class Ingest:
    """What the function does with its batches.

    Attributes:
        putting: How events get into the project.
        users: Who has which endpoints.
        ledger: Which refused events of a message that comes again are among the dead letters already.
        queue: Where the messages come from.
        naive_is_utc: Whether a time without a zone is taken as UTC.
        patience: Seconds after which an event that is put off is given up.
        budget: Seconds of a batch after which no call begins.
        clock: Epoch seconds.
    """

    putting: Putting
    users: Users
    ledger: Ledger
    queue: SourceQueue
    naive_is_utc: bool
    patience: float
    budget: float
    clock: Callable[[], float] = time.time

    def process(self, records: Sequence[Record]) -> tuple[list[str], Counted]:
        """Take each event as far as it goes now.

        Returns:
            The ids of the messages that come again, and how many events ended how.
        """
        deadline = self.clock() + self.budget
        places = [place for record in records for place in self._places(record)]
        fates: dict[Place, Fate] = {place: place.found for place in places if isinstance(place.found, Never)}
        counted = Counted()
        fates |= self._put([place for place in places if place not in fates], deadline, counted)
        fates = {place: self._given_up(place, fate) for place, fate in fates.items()}
        by_message: dict[str, dict[Place, Fate]] = defaultdict(dict)
        for place in places:
            by_message[place.record["messageId"]][place] = fates[place]
        ends = [self._closed(some, counted) for some in by_message.values()]
        return self.queue.settle(ends), counted

    def _places(self, record: Record) -> list[Place]:
        try:
            message = read_message(record["body"])
        except Rejected as rejected:
            return [Place(record, 0, None, Never(rejected.reason, rejected.detail), alone=True)]
        return [
            Place(record, number, element, self._checked(element), message.alone)
            for number, element in enumerate(message.elements)
        ]

    def _checked(self, element: Element) -> CheckedEvent | Never:
        try:
            return check(element, naive_is_utc=self.naive_is_utc)
        except Rejected as rejected:
            return Never(rejected.reason, rejected.detail)

    def _put(self, places: Sequence[Place], deadline: float, counted: Counted) -> dict[Place, Fate]:
        """Put each event once, however often it stands in the batch: its places share its fate."""
        events, whole = self._events(places)
        unique = list(events)
        put = self.putting.put(list(events.values()), deadline=deadline, counts=counted.counts)
        answers = dict(zip(unique, put, strict=True))
        told: set[str] = set()
        fates: dict[Place, Fate] = {}
        for place, keys_or_fate in whole.items():
            if not isinstance(keys_or_fate, tuple):
                fates[place] = keys_or_fate
                continue
            repeated = told.issuperset(keys_or_fate)
            told.update(keys_or_fate)
            fates[place] = _together([answers[key] for key in keys_or_fate], repeated=repeated)
        return fates

    def _events(
        self, places: Sequence[Place]
    ) -> tuple[dict[str, ProjectEvent], dict[Place, tuple[str, ...] | Fate]]:
        """The events to put, by key; and for each place its keys, or why it has none."""
        checked = {place: place.found for place in places if isinstance(place.found, CheckedEvent)}
        users = self.users.endpoints(each.user_id for each in checked.values() if each.user_id)
        events: dict[str, ProjectEvent] = {}
        whole: dict[Place, tuple[str, ...] | Fate] = {}
        for place, event in checked.items():
            names: Sequence[str] | Fate = (event.endpoint_id,)
            if event.user_id:
                names = _names(users[event.user_id], event)
            if isinstance(names, Taken | Never | Later):
                whole[place] = names
                continue
            keyed = {key_of(name, event.event_id): name for name in names}
            for key, name in keyed.items():
                events.setdefault(key, ProjectEvent(name, event.event_id, event.event, event.endpoint))
            whole[place] = tuple(keyed)
        return events, whole

    def _given_up(self, place: Place, fate: Fate) -> Fate:
        """What another worker holds is waited for, however old the message is."""
        if not isinstance(fate, Later) or fate.held:
            return fate
        if self._age(place.record) <= self.patience:
            return fate
        return Never(Reason.GIVEN_UP, f"{fate.reason} for longer than {round(self.patience)} seconds")

    def _age(self, record: Record) -> float:
        return self.clock() - int(record["attributes"]["SentTimestamp"]) / 1000

    def _closed(self, fates: Mapping[Place, Fate], counted: Counted) -> tuple[Record, End]:
        """What becomes of a message, all of whose events went as far as they could."""
        for fate in fates.values():
            if isinstance(fate, Taken):
                counted.counts["Repeated" if fate.before else "Accepted"] += 1
        waits = [fate.seconds for fate in fates.values() if isinstance(fate, Later)]
        counted.counts["Again"] += len(waits)
        refused = {place: fate for place, fate in fates.items() if isinstance(fate, Never)}
        place, *_ = fates
        if place.alone and place in refused:
            counted.reject([refused[place]])
            return place.record, Dead(str(refused[place]))
        try:
            counted.reject(self._buried(refused))
        except Exception as error:  # noqa: BLE001 (the edge: the message comes again, the rest goes on)
            _LOG.error("dead letters not kept", extra={"why": type(error).__name__, "count": len(refused)})
            waits.append(_RETRY_SECONDS)
        if not waits:
            return place.record, Finished()
        return place.record, Again(max(*waits, min(_SHARE_OF_AGE * self._age(place.record), _LONGEST_WAIT)))

    def _buried(self, refused: Mapping[Place, Never]) -> list[Never]:
        """Write a letter for each refused event of a list, once: the list may come again for another event.

        Returns:
            Those of which there was none before.
        """
        claims = {place: self.ledger.claim(_letter_key(place), repeatable=True) for place in refused}
        fresh = {place: claim for place, claim in claims.items() if isinstance(claim, Claimed)}
        try:
            self.queue.bury([Letter(place.body, str(refused[place])) for place in fresh])
        except Exception:
            for claim in fresh.values():
                self.ledger.reopen(claim, counts=False)
            raise
        for claim in fresh.values():
            self.ledger.settle(claim, State.DELIVERED)
        return [refused[place] for place in fresh]


def _letter_key(place: Place) -> str:
    name = f"letter\n{place.record['messageId']}\n{place.number}"
    return hashlib.sha256(name.encode()).hexdigest()


def _names(
    endpoints: Sequence[Mapping[str, Any]] | Unanswered, event: CheckedEvent
) -> tuple[str, ...] | Fate:
    if isinstance(endpoints, Unanswered):
        return Later(_RETRY_SECONDS, endpoints.reason)
    if not endpoints:
        return Never(Reason.UNKNOWN_USER, "the project knows no endpoint of this user")
    names = tuple(
        str(each["Id"])
        for each in endpoints
        if each.get("EndpointStatus", "ACTIVE") == "ACTIVE"
        and (not event.channels or each.get("ChannelType") in event.channels)
    )
    nobody = "no endpoint of this user is active, and of a channel that was asked for"
    return names or Never(Reason.NO_ENDPOINT_OF_USER, nobody)


def _together(fates: Sequence[Fate], *, repeated: bool) -> Fate:
    """What became of an event of several endpoints: it waits for the last, and is refused for one."""
    waiting = [fate for fate in fates if isinstance(fate, Later)]
    if waiting:
        return Later(
            max(fate.seconds for fate in waiting), waiting[0].reason, held=any(f.held for f in waiting)
        )
    refused = next((fate for fate in fates if isinstance(fate, Never)), None)
    if refused:
        return refused
    return Taken(before=repeated or all(isinstance(fate, Taken) and fate.before for fate in fates))
