"""The one way to the event stream: through a queue, so that no emitter waits for it or fails with it.

What is on that queue also sets off campaigns, which know an event by its id: an emitter that may be
repeated says ids that stay the same.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from engine.context import Context

# A message holds 1 MiB in all Regions since 2025 and 256 KiB before; this much is safe with both.
_MAX_BYTES: Final = 200_000

FilterType: TypeAlias = Literal["SYSTEM", "ENDPOINT"]
_Identified: TypeAlias = tuple[str, Mapping[str, Any]]


def emit(
    context: Context,
    application_id: str,
    records: Sequence[Mapping[str, Any]],
    *,
    ids: Sequence[str] | None = None,
    filter_type: FilterType = "SYSTEM",
) -> None:
    """Hand records over for a project's event stream; without a stream they are dropped there.

    Args:
        context: The queues.
        application_id: The project.
        records: Event-stream records.
        ids: What each record is known by when it is emitted again; its own content by default, all but
            the time of its arrival.
        filter_type: Whose event filters see them: an app reports `ENDPOINT` events, the engine makes
            `SYSTEM` events.
    """
    names = map(_content, records) if ids is None else ids
    for pack in _packed(zip(map(_digest, names), records, strict=True)):
        message = {
            "ApplicationId": application_id,
            "FilterType": filter_type,
            "Ids": [name for name, _ in pack],
            "Events": [record for _, record in pack],
        }
        # One call a message: a call's messages share one size limit.
        context.queues.send("stream", [message])


def _packed(records: Iterable[_Identified]) -> Iterator[list[_Identified]]:
    pack: list[_Identified] = []
    size = 0
    for name, record in records:
        length = len(json.dumps(record, separators=(",", ":"))) + len(name)
        if pack and size + length > _MAX_BYTES:
            yield pack
            pack, size = [], 0
        pack.append((name, record))
        size += length + 4
    if pack:
        yield pack


def _content(record: Mapping[str, Any]) -> str:
    lasting = {name: value for name, value in record.items() if name != "arrival_timestamp"}
    return json.dumps(lasting, sort_keys=True)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:32]
