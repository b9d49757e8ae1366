"""One true payload for each kind of event: `tests/events/<source>/<case>.json`."""

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[1] / "events"


def payload(case: str) -> dict[str, Any]:
    """A payload of one's own to change; `case` such as `pinpoint_stream/email_open`."""
    read: dict[str, Any] = json.loads((EVENTS / f"{case}.json").read_text())
    return read
