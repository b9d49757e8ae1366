"""A webhook on this machine that hands requests on to another one, and loses answers."""

import threading
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from embedded.vendors.server import Answer, Request, serve

_SECONDS = 20.0


@dataclass
class LossyFront:
    """What it was asked, and how many answers to each POST it loses.

    Attributes:
        target: What it hands requests on to.
        losing: How many answers to one body it turns into a 503, after the target has taken the request.
        url: Its own address.
        methods: What it was asked, in turn.
        bodies: What was posted.
    """

    target: str
    losing: int
    url: str = ""
    methods: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def receive(self, request: Request) -> Answer:
        """Hand one request on."""
        body = request.body if request.method == "POST" else None
        # A fixed content type is what the documented request has.
        passed = urllib.request.Request(
            self.target, body, {"Content-Type": "application/json"}, method=request.method
        )
        with urllib.request.urlopen(passed, timeout=_SECONDS) as answer:
            said = Answer(answer.status, headers=_of_pinpoint(answer.headers.items()))
        with self._lock:
            self.methods.append(request.method)
            if body is None:
                return said
            self.bodies.append(body)
            return Answer(503) if self.bodies.count(body) <= self.losing else said


def _of_pinpoint(headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower().startswith("x-amz-pinpoint-")}


@contextmanager
def lossy_front(target: str, *, losing: int) -> Generator[LossyFront]:
    """Serve until the block ends."""
    front = LossyFront(target, losing)
    with serve(front.receive) as address:
        front.url = f"{address}/channel"
        yield front
