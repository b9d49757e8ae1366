"""Deleting all endpoints of a user, those included that an older change is just about to make.

The deletion is remembered first, so that an older change of the user's is stale from then on. A worker that
looked just before may still make an endpoint; so the user is looked at a second time, when no such call can
be under way any more.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from patterns.audience_sync.applying import Applier, InTime
from patterns.audience_sync.change import Change, Kind
from patterns.audience_sync.message import UserDeletion
from patterns.audience_sync.runs import Fate, Outcome, Part, Run
from pinpoint_runtime.logger import logger
from pinpoint_runtime.queues import Again, Dead

_LOG = logger(__name__)
_LATER = 15.0


@dataclass(frozen=True)
class Deleted:
    """How a user's deletion stands, and how many endpoints were deleted just now."""

    outcome: Outcome
    endpoints: int = 0


def delete_user(
    applier: Applier,
    deletion: UserDeletion,
    holder: str,
    in_time: InTime,
    clock: Callable[[], float] = time.time,
) -> Deleted:
    """Delete the endpoints that a user has now; what belongs to a newer version stays."""
    since = applier.states.delete_user(deletion.user_id, deletion.version)
    if since is None:
        return Deleted(Fate.STALE)
    try:
        found = applier.project.endpoints_of(deletion.user_id)
    except (ClientError, BotoCoreError) as error:
        _LOG.warning("a user's endpoints are not told", extra={"why": type(error).__name__})
        return Deleted(Again(_LATER))
    runs = [Run((Part(0, Change(Kind.DELETE, each, deletion.version)),)) for each in found]
    outcomes = list(applier.apply(runs, holder, in_time).values())
    count = outcomes.count(Fate.DELETED)
    for outcome in outcomes:
        if isinstance(outcome, Again | Dead):
            return Deleted(outcome, count)
    left = since + applier.lease - clock()
    return Deleted(Again(left + 1) if left > 0 else Fate.DELETED, count)
