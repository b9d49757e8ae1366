"""Many changes of endpoints in few calls, each change whole or not at all.

A change writes up to eight items: the endpoint, the owner of its old and of its new address, the
twin that becomes inactive, two users' lists, the endpoint that gives way to it, the names in use.
Changes are computed in order on a working set, cut into transactions of at most 100 items, and
computed again when somebody else wrote one of the items first.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.context import Context, iso
from engine.endpoints.bonds import Bonds, list_key, names_key, owner_key
from engine.endpoints.change import EndpointChange, EndpointOutcome
from engine.endpoints.merge import merge
from engine.endpoints.rules import check_id, check_request, check_size
from engine.endpoints.working_set import WorkingSet
from engine.errors import BadRequest, PinpointError, TooManyRequests
from engine.store import MAX_TRANSACTION_ITEMS, Key, TransactionLost, endpoint_key

_CHUNK: Final = 100
_ATTEMPTS: Final = 8
# After so many losses one change goes alone: a hot item must not hold up its neighbours.
_ATTEMPTS_TOGETHER: Final = 3


def apply_changes(
    context: Context, application_id: str, changes: Sequence[EndpointChange]
) -> list[EndpointOutcome]:
    """Create or update endpoints, in order; a refused change leaves the others alone.

    Any number of changes is taken; the same endpoint, address or user may come several times. The
    application is not looked up: the caller knows that it exists.

    Args:
        context: The table and the clock.
        application_id: Where the endpoints live.
        changes: Creates and updates, applied in this order.

    Returns:
        One outcome a change, in the same order.
    """
    outcomes: list[EndpointOutcome] = []
    for start in range(0, len(changes), _CHUNK):
        outcomes += _Batch(context, application_id, changes[start : start + _CHUNK]).apply()
    return outcomes


def check_change(change: EndpointChange) -> None:
    """Refuse what breaks a rule whatever is stored.

    Raises:
        BadRequest: Names the member and the limit.
    """
    check_id("EndpointId", change.endpoint_id)
    check_request(change.request)


@dataclass(frozen=True)
class _Batch:
    context: Context
    application_id: str
    changes: Sequence[EndpointChange]

    def apply(self) -> list[EndpointOutcome]:
        work = WorkingSet(self.context.store)
        outcomes: list[EndpointOutcome] = []
        lost = 0
        while len(outcomes) < len(self.changes):
            rest = self.changes[len(outcomes) :]
            self._read(work, rest)
            run = self._run(work, rest if lost < _ATTEMPTS_TOGETHER else rest[:1])
            if self._write(work):
                outcomes += run
                lost = 0
                continue
            lost += 1
            if lost >= _ATTEMPTS:
                outcomes.append(EndpointOutcome(rest[0].endpoint_id, error=_BUSY))
                lost = 0
            else:
                time.sleep(0.01 * 2**lost * random.random())
        return outcomes

    def _write(self, work: WorkingSet) -> bool:
        try:
            self.context.store.write(work.writes())
        except (TransactionLost, TimeoutError):
            work.forget()
            return False
        work.settle()
        return True

    def _read(self, work: WorkingSet, changes: Sequence[EndpointChange]) -> None:
        """Read in two or three waves all that the changes will look at; the rest is read when met."""
        own = [endpoint_key(self.application_id, change.endpoint_id) for change in changes]
        work.load(own)
        bonds = [names_key(self.application_id)]
        for change, key in zip(changes, own, strict=True):
            stored = work.get(key)
            shown = {**(stored or {}), **change.request, "ApplicationId": self.application_id}
            for document in (stored, shown):
                if document:
                    bonds += [key for key in (owner_key(document), list_key(document)) if key is not None]
        work.load(bonds)
        work.load(self._twins(work, bonds))

    def _twins(self, work: WorkingSet, bonds: Sequence[Key]) -> Iterator[Key]:
        for key in bonds:
            if key.sk == "OWNER" and (owner := work.get(key)):
                yield endpoint_key(self.application_id, owner["Id"])

    def _run(self, work: WorkingSet, changes: Sequence[EndpointChange]) -> list[EndpointOutcome]:
        """Compute as many changes as one transaction holds."""
        outcomes: list[EndpointOutcome] = []
        for change in changes:
            savepoint = work.savepoint()
            try:
                outcome = self._compute(work, change)
            except PinpointError as error:
                work.roll_back(savepoint)
                outcome = EndpointOutcome(change.endpoint_id, error=error)
            if len(work.writes()) > MAX_TRANSACTION_ITEMS:
                work.roll_back(savepoint)
                break
            outcomes.append(outcome)
        return outcomes

    def _compute(self, work: WorkingSet, change: EndpointChange) -> EndpointOutcome:
        check_change(change)
        stored = work.get(endpoint_key(self.application_id, change.endpoint_id))
        document = merge(
            stored,
            change.request,
            application_id=self.application_id,
            endpoint_id=change.endpoint_id,
            moment=iso(self.context.now()),
        )
        if stored is None and change.complete_when_new:
            missing = [member for member in ("Address", "ChannelType") if not document.get(member)]
            if missing:
                raise BadRequest(f"a new endpoint needs {' and '.join(missing)}")
        check_size(document)
        Bonds(work, self.application_id).put(document)
        return EndpointOutcome(change.endpoint_id, document, created=stored is None)


_BUSY: Final = TooManyRequests("the endpoint was changed by others on every attempt: try again")
