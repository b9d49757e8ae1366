"""How a vendor takes in signed messages: the part that every vendor here has in common."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from embedded.vendors.faults import Fault, FaultPlan
from embedded.vendors.journal import Entry, Journal
from embedded.vendors.server import Answer, Request
from embedded.vendors.signatures import BadSignature, verify

_TAKEN: Final = 202


class Refused(Exception):
    """The message will never be accepted.

    Args:
        error: A short name for the reason, as the answer gives it.
        recipient: Whom it was for, where that could be read.
    """

    def __init__(self, error: str, recipient: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.recipient = recipient


class Sabotage(StrEnum):
    """A wrong that a demo which counts must notice."""

    NONE = "none"
    DROP_ONE = "drop-one"
    """One message is answered as accepted and lost."""
    SEND_TWICE = "send-twice"
    """One message is taken in a second time, under another id."""


@dataclass(frozen=True)
class Contract:
    """What one vendor asks of a message.

    Args:
        path: Where messages are posted.
        recipient: Reads whom a message is for; raises `Refused`.
        idempotency_header: The header whose value names a message; a repeated value is the same message.
            Without that header in a request, every accepted request is a new message.
        reply: What a message is answered with that is a question; without it, messages are only taken in.
    """

    path: str
    recipient: Callable[[Mapping[str, object]], str]
    idempotency_header: str
    reply: Callable[[Mapping[str, object]], Answer] | None = None


@dataclass
class Intake:
    """One vendor's front door.

    Args:
        contract: What is asked of a message.
        faults: When the vendor misbehaves.
        secret: The signing secret, once it is known; before that the vendor is not open (503).
        sabotage: What goes wrong on purpose.
        journal: Where every request is noted.
    """

    contract: Contract
    faults: FaultPlan
    secret: str = ""
    sabotage: Sabotage = Sabotage.NONE
    journal: Journal = field(default_factory=Journal)
    _attempts: Counter[str] = field(default_factory=Counter[str])
    _first: dict[str, str] = field(default_factory=dict[str, str])
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, faults: FaultPlan, sabotage: Sabotage = Sabotage.NONE) -> None:
        """A new day: another plan of faults, another sabotage, an empty log."""
        with self._lock:
            self.faults, self.sabotage, self.journal = faults, sabotage, Journal()

    def receive(self, request: Request) -> Answer:
        """Answers one request."""
        if not self.secret:
            return Answer(503, {"error": "not_open_yet"})
        if request.path != self.contract.path:
            return Answer(404, {"error": "no_such_path"})
        if request.method != "POST":
            return Answer(405, {"error": "method_not_allowed"}, {"allow": "POST"})
        try:
            message_id = verify(self.secret, request.headers, request.body, now=time.time())
        except BadSignature as bad:
            self.journal.append(Entry("", "", 0, 401, reason=bad.reason))
            return Answer(401, {"error": "bad_signature", "detail": bad.reason})
        try:
            message = _json_object(request)
            recipient = self.contract.recipient(message)
        except Refused as refused:
            self.journal.append(Entry(message_id, refused.recipient, 0, 422, reason=refused.error))
            return Answer(422, {"error": refused.error})
        with self._lock:
            taken = self._take(
                message_id, recipient, request.headers.get(self.contract.idempotency_header, "")
            )
        answered = taken.status == _TAKEN and not taken.cut
        return self.contract.reply(message) if self.contract.reply and answered else taken

    def _take(self, message_id: str, recipient: str, key: str) -> Answer:
        self._attempts[recipient] += 1
        entry = Entry(message_id, recipient, self._attempts[recipient], 202)
        if key in self._first:
            self.journal.append(replace(entry, reason=f"repeats {self._first[key]}"))
            return Answer(202, {"id": self._first[key]})
        fault = self.faults.fault(recipient, entry.attempt)
        match fault:
            case Fault.THROTTLED:
                self.journal.append(replace(entry, status=429, fault=fault))
                return Answer(429, {"error": "too_many_requests"}, {"retry-after": "1"})
            case Fault.BROKEN:
                self.journal.append(replace(entry, status=500, fault=fault))
                return Answer(500, {"error": "internal"})
            case Fault.CUT:
                accepted = self._accept(replace(entry, status=0, fault=fault), key)
                return replace(accepted, cut=True)
            case Fault.NONE:
                return self._accept(entry, key)

    def _accept(self, entry: Entry, key: str) -> Answer:
        vendor_id = f"m-{next(self._ids)}"
        if key:
            self._first[key] = vendor_id
        taken = replace(entry, accepted=True)
        sabotage = self.sabotage if entry.fault is Fault.NONE else Sabotage.NONE
        if sabotage is not Sabotage.NONE:
            self.sabotage = Sabotage.NONE
        if sabotage is not Sabotage.DROP_ONE:
            self.journal.append(taken)
        if sabotage is Sabotage.SEND_TWICE:
            self.journal.append(replace(taken, message_id=f"{taken.message_id}-again"))
        return Answer(202, {"id": vendor_id})


def _json_object(request: Request) -> dict[str, object]:
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise Refused("content_type_must_be_application_json")
    try:
        body: object = json.loads(request.body)
    except ValueError:
        raise Refused("body_must_be_json") from None
    if not isinstance(body, dict):
        raise Refused("body_must_be_an_object")
    return body
