"""What the queue's messages hold: one event or a list of them, bare or as EventBridge wraps them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from patterns.user_events.reasons import Reason, Rejected

MOST_EVENTS: Final = 1_000


@dataclass(frozen=True)
class Element:
    """One event as it came.

    Attributes:
        document: Anything that JSON knows.
        event_id: EventBridge's id of what it came in, with its place in the list; empty without.
        timestamp: When that was; empty without.
    """

    document: object
    event_id: str = ""
    timestamp: str = ""

    def to_json(self) -> str:
        """A message of this event alone, which has the same id when it comes again."""
        if not isinstance(self.document, dict):
            return json.dumps(self.document)
        document = cast("dict[str, Any]", self.document)
        known = {"EventId": self.event_id, "Timestamp": self.timestamp}
        return json.dumps({**{name: text for name, text in known.items() if text}, **document})


@dataclass(frozen=True)
class Message:
    """The events of one message.

    Attributes:
        alone: Whether it is one event and no list: the message itself is then the event's.
    """

    elements: tuple[Element, ...]
    alone: bool


def read_message(body: str) -> Message:
    """Read one message of the queue.

    Raises:
        Rejected: It is not JSON, or a list that is empty or too long.
    """
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected(Reason.NOT_JSON, "the message is not JSON: send one event or a list of them") from None
    envelope_id, time = "", ""
    if isinstance(document, dict) and "detail-type" in document and "detail" in document:
        envelope = cast("Mapping[str, object]", document)
        envelope_id, time = _text(envelope.get("id")), _text(envelope.get("time"))
        document = envelope["detail"]
    if not isinstance(document, list):
        return Message((Element(document, envelope_id, time),), alone=True)
    documents = cast("list[object]", document)
    if not documents:
        raise Rejected(Reason.NO_EVENTS, "the message is an empty list: send one event or more")
    if len(documents) > MOST_EVENTS:
        raise Rejected(
            Reason.TOO_MANY_EVENTS,
            f"a message has at most {MOST_EVENTS} events, this one has {len(documents)}: send several",
        )
    return Message(
        tuple(
            Element(each, f"{envelope_id}-{number}" if envelope_id else "", time)
            for number, each in enumerate(documents)
        ),
        alone=False,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
