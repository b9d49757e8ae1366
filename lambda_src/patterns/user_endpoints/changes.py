"""The course of a change: written down, made, told, closed. Each step may be the last of a dying function.

A user's changes are made one after the other. One that was begun is finished before the next, by whoever
comes: the same request again, or another.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from patterns.user_endpoints.errors import KeyReused, Unfinished, UserNotFound
from patterns.user_endpoints.intent import Intent, told
from patterns.user_endpoints.preferences import Change, Schema
from patterns.user_endpoints.store import Given, Held, Store
from patterns.user_endpoints.updates import EndpointUpdate, updates_for
from patterns.user_endpoints.users import Users
from pinpoint_runtime.callbacks import Callback, queue_callbacks
from pinpoint_runtime.logger import logger
from pinpoint_runtime.project_events import (
    LONGEST_VALUE,
    ProjectEvent,
    Refused,
    put_events,
    timestamp,
)

EVENT_TYPE: Final = "custom.preference_update"
_LOG: Final = logger(__name__)
# Pinpoint takes a write before it can be read: a request that is sent twice may not see its own effect.
_SAME_REQUEST_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Wanted:
    """What a request asks for.

    Attributes:
        user_id: Of whose endpoints.
        change: What they are to become.
        source: How it came: `api`, `link` or `one_click`.
        key: The client's idempotency key, if it gave one.
    """

    user_id: str
    change: Change
    source: str
    key: str | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same change."""
        return _hash(json.dumps(asdict(self.change), sort_keys=True))


@dataclass(frozen=True)
class Made:
    """The answer to a request, and whether it was given before."""

    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True)
class Changes:
    """How changes are made.

    Attributes:
        users: Whose endpoints.
        store: What is written down.
        schema: Which preferences there are.
        sqs: A boto3 client.
        callbacks_url: The queue of callbacks to the system of record.
        clock: Epoch seconds.
    """

    users: Users
    store: Store
    schema: Schema
    sqs: Any
    callbacks_url: str
    clock: Callable[[], float] = time.time

    def make(self, wanted: Wanted) -> Made:
        """Make a change, unless it was made before.

        Raises:
            ApiError: It cannot be made, or not now; `Unfinished` if it was begun.
        """
        key = _hash(wanted.key) if wanted.key else None
        with self.store.held(wanted.user_id) as held:
            last = held.last
            if held.open:
                finished = self._finish(held, self._still_there(held.open))
                last = Given(finished.fingerprint, self.clock(), finished.answer)
            earlier = self._given(held, key, last, wanted.fingerprint)
            if earlier:
                return Made(earlier, replayed=True)
            return Made(self._make(held, wanted, key))

    def _given(
        self, held: Held, key: str | None, last: Given | None, fingerprint: str
    ) -> dict[str, Any] | None:
        if key:
            given = self.store.given(held, key)
            if given and given.fingerprint != fingerprint:
                raise KeyReused("this Idempotency-Key was sent with another change: use a new one")
            return given.body if given else None
        recent = last and self.clock() - last.at < _SAME_REQUEST_SECONDS
        return last.body if last and recent and last.fingerprint == fingerprint else None

    def _make(self, held: Held, wanted: Wanted, key: str | None) -> dict[str, Any]:
        updates = updates_for(wanted.change, self.schema, self.users.endpoints(wanted.user_id))
        intent = Intent(
            change_id=uuid.uuid4().hex,
            at=self.clock(),
            user_id=wanted.user_id,
            source=wanted.source,
            fingerprint=wanted.fingerprint,
            key=key,
            pending=updates,
        )
        if updates:
            self.store.record(held, intent)
            return self._finish(held, intent).answer
        # Everything is as wished already: nothing happened, so there is nothing to tell.
        if key:
            self.store.keep(held, key, Given(intent.fingerprint, intent.at, intent.answer))
        return intent.answer

    def _finish(self, held: Held, intent: Intent) -> Intent:
        if intent.pending:
            intent = self._update(intent)
            self.store.record(held, intent)
        if intent.pending:
            raise Unfinished("the change is not finished: send the same request again", retry_after=2)
        if intent.done:
            self._tell(intent)
        self.store.close(held, intent)
        return intent

    def _update(self, intent: Intent) -> Intent:
        """Update the endpoints and put their events, in one call, and read the answer to each."""
        pending = intent.pending
        events = {update.endpoint_id: _events(intent, update) for update in pending}
        refusals = put_events(
            self.users.pinpoint,
            self.users.application_id,
            [event for update in pending for event in events[update.endpoint_id]],
        )
        reasons = {
            name: [refusals[one.event_id] for one in some if one.event_id in refusals]
            for name, some in events.items()
        }
        later = [one for one in pending if any(not why.permanent for why in reasons[one.endpoint_id])]
        never = [one for one in pending if one not in later and reasons[one.endpoint_id]]
        for update in (*later, *never):
            why: Refused = reasons[update.endpoint_id][0]
            _LOG.warning("preferences not taken", extra={"change": intent.change_id, "why": why.reason})
        return replace(
            intent,
            pending=tuple(later),
            done=intent.done + tuple(one for one in pending if not reasons[one.endpoint_id]),
            refused=intent.refused + tuple((one, reasons[one.endpoint_id][0].reason) for one in never),
        )

    def _tell(self, intent: Intent) -> None:
        try:
            queue_callbacks(self.sqs, self.callbacks_url, [self._callback(intent)])
        except Exception as error:
            _LOG.error("callback not queued", extra={"change": intent.change_id, "why": type(error).__name__})
            raise Unfinished(
                "the change is made, and not told yet: send the same request again", retry_after=2
            ) from error

    def _callback(self, intent: Intent) -> Callback:
        return Callback(
            f"preferences_{intent.change_id}",
            {
                "type": "preferences.updated",
                "timestamp": timestamp(intent.at),
                "change_id": intent.change_id,
                "application_id": self.users.application_id,
                "user_id": intent.user_id,
                "source": intent.source,
                "endpoints": [told(update) for update in intent.done],
            },
        )

    def _still_there(self, intent: Intent) -> Intent:
        """An endpoint that was deleted meanwhile must not come back by an update."""
        if not intent.pending:
            return intent
        try:
            there = {str(endpoint["Id"]) for endpoint in self.users.endpoints(intent.user_id)}
        except UserNotFound:
            there = set[str]()
        gone = [(one, "endpoint_gone") for one in intent.pending if one.endpoint_id not in there]
        pending = tuple(one for one in intent.pending if one.endpoint_id in there)
        return replace(intent, pending=pending, refused=(*intent.refused, *gone))


def _events(intent: Intent, update: EndpointUpdate) -> Sequence[ProjectEvent]:
    """One event for each preference, since filters of campaigns compare whole values."""
    return [
        ProjectEvent(
            endpoint_id=update.endpoint_id,
            event_id=_hash(f"{intent.change_id}\n{update.endpoint_id.lower()}\n{name}")[:32],
            event={
                "EventType": EVENT_TYPE,
                "Timestamp": timestamp(intent.at),
                "Attributes": {
                    "UpdatedPreference": name,
                    "Value": update.value(name)[:LONGEST_VALUE],
                    "ChangeId": intent.change_id,
                    "Source": intent.source,
                },
            },
            endpoint=update.endpoint_request,
        )
        for name in update.names
    ]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
