"""The filter that asks another system for attributes of a batch: offers, prices, whole rendered bodies.

One signed POST a batch; what is answered serves this batch's rendering and is kept nowhere.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from patterns.campaign_hooks.batch import Batch, Endpoint
from patterns.campaign_hooks.filters import Deadline, Verdict
from pinpoint_runtime.logger import logger
from pinpoint_runtime.webhook import Accepted, Outcome, Unknown

_LOG: Final = logger(__name__)
# A function's answer has at most 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_ANSWER: Final = 6_000_000
# What other filters and the audit still need.
_RESERVE: Final = 1.5


class Source(Protocol):
    """Another system, as `pinpoint_runtime.webhook.Webhook` reaches it."""

    def ask(
        self, message_id: str, payload: Mapping[str, Any], *, longest: int = ...
    ) -> tuple[Outcome, bytes]: ...


class Unusable(Exception):
    """An endpoint's attributes cannot be used; `reason` says why, in a short name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class FetchedAttributes:
    """Attributes of all endpoints of a batch, fetched in one call.

    Attributes:
        source: Where from.
        names: The attributes wanted; others that are answered are ignored.
        fallback: What an endpoint gets for which there are none; None leaves it out.
        largest: Bytes that an endpoint's attributes may have, as JSON.
        wait: Seconds for the call, if the hook has as many left.
        threads: Calls at a time.
    """

    source: Source
    names: Sequence[str]
    fallback: Mapping[str, Sequence[str]] | None
    largest: int
    wait: float
    threads: Executor

    def judge(self, batch: Batch, candidates: Sequence[Endpoint], deadline: Deadline) -> Verdict:
        if not candidates:
            return Verdict()
        answered, failure = self._ask(batch, candidates, deadline)
        room = LARGEST_ANSWER - sum(_size({one.id: one.members}) for one in candidates)
        changed: dict[str, Endpoint] = {}
        left_out: dict[str, str] = {}
        notes: dict[str, str] = {}
        for endpoint in candidates:
            try:
                attributes, note = self._for(endpoint.id, answered, failure, room)
            except Unusable as unusable:
                left_out[endpoint.id] = f"not_fetched:{unusable.reason}"
                continue
            room -= _size(attributes)
            changed[endpoint.id] = endpoint.with_attributes(attributes)
            if note:
                notes[endpoint.id] = note
        return Verdict(left_out, changed, notes)

    def _for(
        self, endpoint_id: str, answered: Mapping[str, Any], failure: str, room: int
    ) -> tuple[Mapping[str, Sequence[str]], str]:
        """An endpoint's attributes, and a note if they are the fallback's.

        Raises:
            Unusable: There are none that fit, and no fallback that does.
        """
        try:
            return _fitting(self._usable(answered, endpoint_id, failure), room), ""
        except Unusable as unusable:
            if self.fallback is None:
                raise
            return _fitting(self.fallback, room), f"fell_back:{unusable.reason}"

    def _ask(
        self, batch: Batch, candidates: Sequence[Endpoint], deadline: Deadline
    ) -> tuple[Mapping[str, Any], str]:
        """What was answered, by endpoint id; or nothing and why."""
        seconds = min(self.wait, deadline.left - _RESERVE)
        if seconds <= 0:
            return {}, "out_of_time"
        asked = self.threads.submit(
            self.source.ask, self._id(batch), self._question(batch, candidates), longest=LARGEST_ANSWER
        )
        try:
            # A source that answers drop by drop outlives every limit of a socket, but not this one.
            outcome, body = asked.result(seconds)
        except TimeoutError:
            asked.cancel()
            return {}, "no_answer_in_time"
        except Exception as error:  # noqa: BLE001 (whatever it is, the fallback is the answer)
            _LOG.error("attributes not fetched", extra={"why": type(error).__name__})
            return {}, "not_asked"
        if isinstance(outcome, Unknown):
            # The socket's own limit is as long, and may be over first.
            return {}, "no_answer_in_time"
        if not isinstance(outcome, Accepted):
            _LOG.warning("attributes not fetched", extra={"why": outcome.reason})
            return {}, "refused"
        return _endpoints_of(body)

    def _question(self, batch: Batch, candidates: Sequence[Endpoint]) -> dict[str, Any]:
        return {
            "type": "campaign.attributes",
            "application_id": batch.application_id,
            "campaign_id": batch.campaign_id,
            "campaign_activity_id": batch.run,
            "treatment_id": batch.treatment_id,
            "attributes": list(self.names),
            "endpoints": [_told(endpoint) for endpoint in candidates],
        }

    def _id(self, batch: Batch) -> str:
        """The same when Pinpoint repeats the call."""
        what = "\n".join((batch.application_id, batch.run, batch.name, *self.names))
        return f"hook_{hashlib.sha256(what.encode()).hexdigest()[:32]}"

    def _usable(self, answered: Mapping[str, Any], endpoint_id: str, failure: str) -> dict[str, list[str]]:
        if failure:
            raise Unusable(failure)
        if endpoint_id not in answered:
            raise Unusable("not_answered")
        values = answered[endpoint_id]
        if not isinstance(values, dict):
            raise Unusable("no_attributes")
        found: dict[str, list[str]] = {}
        for name in self.names:
            found[name] = _texts(cast("dict[str, Any]", values).get(name))
        if _size(found) > self.largest:
            raise Unusable("too_large")
        return found


def _fitting(attributes: Mapping[str, Sequence[str]], room: int) -> Mapping[str, Sequence[str]]:
    """The attributes, if the function's answer has room for them.

    Raises:
        Unusable: It has not.
    """
    if _size(attributes) > room:
        raise Unusable("batch_too_large")
    return attributes


def _texts(value: object) -> list[str]:
    """A list of texts, or one text, as a list.

    Raises:
        Unusable: It is neither, or is empty.
    """
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed:
        raise Unusable("no_attributes")
    texts = cast("list[object]", listed)
    if not all(isinstance(text, str) for text in texts):
        raise Unusable("no_attributes")
    return cast("list[str]", texts)


def _told(endpoint: Endpoint) -> dict[str, Any]:
    """What the other system hears of an endpoint; no address."""
    user = endpoint.members.get("User")
    return {
        "endpoint_id": endpoint.id,
        "user_id": endpoint.user_id or None,
        "channel_type": endpoint.channel_type or None,
        "attributes": endpoint.members.get("Attributes") or {},
        "user_attributes": (user.get("UserAttributes") if isinstance(user, Mapping) else None) or {},
    }


def _endpoints_of(body: bytes) -> tuple[Mapping[str, Any], str]:
    if len(body) >= LARGEST_ANSWER:
        return {}, "answer_too_large"
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}, "answer_unreadable"
    endpoints = cast("dict[str, Any]", answer).get("endpoints") if isinstance(answer, dict) else None
    if not isinstance(endpoints, dict):
        return {}, "answer_unreadable"
    return cast("dict[str, Any]", endpoints), ""


def _size(value: object) -> int:
    """Bytes as JSON in the longest form: every character that is not ASCII as an escape."""
    return len(json.dumps(value))
