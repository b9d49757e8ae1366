"""The filter that leaves out whoever has had enough messages lately."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, wait
from dataclasses import dataclass
from typing import Final

from patterns.campaign_hooks.batch import Batch, Endpoint
from patterns.campaign_hooks.filters import OUT_OF_TIME, Deadline, Verdict
from patterns.campaign_hooks.places import OutOfTime, Places, place, user_key
from pinpoint_runtime.logger import logger

_LOG: Final = logger(__name__)
CAPPED: Final = "frequency_cap"
FAILED: Final = "frequency_cap_unavailable"


@dataclass(frozen=True)
class FrequencyCap:
    """At most so many messages a user in a window, counting the ones it lets through as sent.

    Attributes:
        places: Who has had how many.
        threads: Users decided on at a time.
    """

    places: Places
    threads: Executor

    def judge(self, batch: Batch, candidates: Sequence[Endpoint], deadline: Deadline) -> Verdict:
        users: dict[str, list[Endpoint]] = defaultdict(list)
        for endpoint in candidates:
            users[user_key(batch.application_id, endpoint.user_id, endpoint.id)].append(endpoint)
        reasons, decided = self._together(batch.run, users, deadline)
        running = {
            self.threads.submit(self._user, batch.run, user, endpoints, deadline): endpoints
            for user, endpoints in users.items()
            if user not in decided
        }
        done, late = wait(running, timeout=deadline.left)
        for future in done:
            reasons |= future.result()
        for future in late:
            # It may yet take a place that nothing is sent on: that errs on the side of too few.
            future.cancel()
            reasons |= {endpoint.id: OUT_OF_TIME for endpoint in running[future]}
        return Verdict(reasons)

    def _together(
        self, run: str, users: Mapping[str, Sequence[Endpoint]], deadline: Deadline
    ) -> tuple[dict[str, str], frozenset[str]]:
        """The reasons of those who can be decided at once, and who they are; at worst nobody."""
        wanted = {
            user: {endpoint.id: place(run, endpoint.id) for endpoint in endpoints}
            for user, endpoints in users.items()
        }
        asked = self.threads.submit(
            self.places.take_together, {user: list(names.values()) for user, names in wanted.items()}
        )
        try:
            # Half of the time, so that enough is left for one by one.
            granted = asked.result(deadline.left / 2)
        except Exception as error:  # noqa: BLE001 (one by one is the answer to whatever went wrong)
            _LOG.warning("places not taken together", extra={"why": type(error).__name__})
            return {}, frozenset()
        reasons = {
            id_: CAPPED for user in granted for id_, name in wanted[user].items() if name not in granted[user]
        }
        return reasons, frozenset(granted)

    def _user(
        self, run: str, user: str, endpoints: Sequence[Endpoint], deadline: Deadline
    ) -> Mapping[str, str]:
        wanted = {endpoint.id: place(run, endpoint.id) for endpoint in endpoints}
        try:
            granted = self.places.take(user, list(wanted.values()), deadline)
        except OutOfTime:
            return dict.fromkeys(wanted, OUT_OF_TIME)
        except Exception as error:  # noqa: BLE001 (fails closed for one user, not for the batch)
            _LOG.error("places not read", extra={"why": type(error).__name__})
            return dict.fromkeys(wanted, FAILED)
        return {id_: CAPPED for id_, name in wanted.items() if name not in granted}
