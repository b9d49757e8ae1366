"""Puts our pollers in the place of ministack's."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from embedded.concurrency.admission import SERVER, Admission
from embedded.lambda_events import queue_storage
from embedded.lambda_events.mapping import enabled_mappings
from embedded.lambda_events.queues import QueueMappings
from embedded.lambda_events.streams import StreamMappings
from embedded.ministack_names import find, replace
from embedded.service_iam.mappings import creation_refusal

_LAMBDA = "ministack.services.lambda_svc"
_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_log = logging.getLogger(__name__)
_IDLE_SECONDS: Final = 1.0
# Every send and every put wakes the poller: a burst of them is worth one pass.
_SHORTEST_WAIT: Final = 0.005


def install(admission: Admission = SERVER) -> None:
    """Serve all event source mappings by our own pollers.

    Args:
        admission: Gives the places; the server's own by default.
    """
    wake = find("ministack.core.concurrency.esm_wake")
    streams = StreamMappings(admission)
    queues = QueueMappings(admission, wake.set)
    queue_storage.install()
    replace(f"{_LAMBDA}._poll_loop", lambda: _poll_for_ever(wake, queues, streams))
    reset = find(f"{_LAMBDA}.reset")

    def reset_all() -> None:
        reset()
        streams.clear()

    replace(f"{_LAMBDA}.reset", reset_all)
    _complete_new_mappings(streams)


def _poll_for_ever(wake: threading.Event, queues: QueueMappings, streams: StreamMappings) -> None:
    while True:
        wake.clear()
        hidden = None
        try:
            hidden = queues.poll()
            streams.poll()
        except Exception:  # noqa: BLE001  (the one poller of all mappings must survive any of them)
            _log.exception("a pass over the event source mappings failed")
        time.sleep(_SHORTEST_WAIT)
        wake.wait(min(_IDLE_SECONDS, hidden or _IDLE_SECONDS))


def _complete_new_mappings(streams: StreamMappings) -> None:
    """Refuse what the role may not read, keep the members that ministack drops, and start at once."""
    create = find(f"{_LAMBDA}._create_esm")

    def create_mapping(data: dict[str, Any]) -> Any:
        source = data.get("EventSourceArn", "")
        function, _, _ = find(f"{_LAMBDA}._get_func_record_for_ref")(data.get("FunctionName", ""))
        refusal = creation_refusal(function["config"].get("Role", ""), source) if function else None
        if refusal:
            return find(f"{_LAMBDA}._invalid_parameter_value")(refusal)
        answer = create({"BatchSize": _default_batch_size(source), **data})
        _start(streams, source, data)
        return answer

    replace(f"{_LAMBDA}._create_esm", create_mapping)
    handler = find(f"{_PROVISIONERS}._RESOURCE_HANDLERS")["AWS::Lambda::EventSourceMapping"]
    handler["create"] = _creating(handler["create"], streams)
    # A replacement makes the new mapping by the function's own name.
    replace(f"{_PROVISIONERS}._lambda_esm_create", handler["create"])


def _creating(create: Callable[..., Any], streams: StreamMappings) -> Callable[..., Any]:
    def create_mapping(logical_id: str, props: dict[str, Any], stack: str) -> Any:
        source = props.get("EventSourceArn", "")
        function, _, _, _ = find(f"{_PROVISIONERS}._lambda_function_for_cfn_ref")(
            props.get("FunctionName", "")
        )
        refusal = creation_refusal(function["config"].get("Role", ""), source) if function else None
        if refusal:
            raise ValueError(f"Resource handler returned message: {refusal!r}")
        answer = create(logical_id, {"BatchSize": _default_batch_size(source), **props}, stack)
        _start(streams, source, props)
        return answer

    return create_mapping


def _start(streams: StreamMappings, source: str, settings: dict[str, Any]) -> None:
    for mapping in enabled_mappings():
        if mapping.source == source and not mapping.is_queue:
            if (
                "StartingPositionTimestamp" in settings
                and mapping.record.get("StartingPosition") == "AT_TIMESTAMP"
            ):
                mapping.record.setdefault("StartingPositionTimestamp", settings["StartingPositionTimestamp"])
            # LATEST is the end of the stream now, not when the poller comes by.
            streams.visit(mapping)
    find("ministack.core.concurrency.esm_wake").set()


def _default_batch_size(source: str) -> int:
    return 10 if ":sqs:" in source else 100
