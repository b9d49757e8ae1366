"""The one way to the event stream: through a queue, so that no emitter waits for it or fails with it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from engine.context import Context

# A message holds 1 MiB in all Regions since 2025 and 256 KiB before; this much is safe with both.
_MAX_BYTES: Final = 200_000


def emit(context: Context, application_id: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Hand records over for a project's event stream; without a stream they are dropped there.

    Args:
        context: The queues.
        application_id: The project.
        records: Event-stream records.
    """
    for events in _packed(records):
        # One call a message: a call's messages share one size limit.
        context.queues.send("stream", [{"ApplicationId": application_id, "Events": events}])


def _packed(records: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    pack: list[Mapping[str, Any]] = []
    size = 0
    for record in records:
        length = len(json.dumps(record, separators=(",", ":")))
        if pack and size + length > _MAX_BYTES:
            yield pack
            pack, size = [], 0
        pack.append(record)
        size += length + 1
    if pack:
        yield pack
