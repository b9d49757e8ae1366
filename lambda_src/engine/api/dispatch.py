"""One request served: routed, checked, handed to its operation, answered."""

from typing import Any, Final

from engine.api.http import answer, error_answer
from engine.context import Context
from engine.errors import NotYetImplemented, PayloadTooLarge, PinpointError, TooManyRequests
from engine.operations.registry import find_operation
from engine.protocol.model import pinpoint
from engine.protocol.request import read_request
from engine.protocol.router import router
from engine.protocol.serialisation import shaped
from pinpoint_runtime.logger import logger
from pinpoint_runtime.rest_proxy import HttpRequest

_log: Final = logger(__name__)
_THROTTLED: Final = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
    }
)
# DynamoDB holds 400 KB an item and says so in words only, alone or as a reason of a transaction.
_TOO_LARGE: Final = "tem size "


def respond(context: Context, request: HttpRequest) -> dict[str, Any]:
    """The answer to a request, whatever happens: an unforeseen failure is a 500, and is logged."""
    try:
        return _serve(context, request)
    except PinpointError as error:
        return error_answer(error, request.request_id)
    except Exception as failure:  # noqa: BLE001 - the edge, where any failure becomes an answer
        if _error_code(failure) in _THROTTLED:
            return error_answer(
                TooManyRequests("the engine's table or queue is busy: try again"), request.request_id
            )
        if _TOO_LARGE in str(failure):
            return error_answer(PayloadTooLarge("the resource must have at most 400 KB"), request.request_id)
        _log_failure(request, failure)
        return error_answer(PinpointError("the engine failed; its log has the reason"), request.request_id)


def _serve(context: Context, request: HttpRequest) -> dict[str, Any]:
    model = pinpoint()
    route = router().route(request.method, request.path)
    function = find_operation(route.operation)
    if function is None:
        raise NotYetImplemented(f"{route.operation} is not served by this engine yet")
    operation = model.operation(route.operation)
    members = read_request(model, operation, route, request.query, request.body)
    result = function(context, members)
    if operation.output_shape is None:
        return answer(operation.status, None, request.request_id)
    body = shaped(model, operation.output_shape, _with_request_id(result or {}, request.request_id))
    return answer(operation.status, body, request.request_id)


def _with_request_id(result: Any, request_id: str) -> dict[str, Any]:
    """Some shapes carry the request's id (`RequestID`, SendMessages' `RequestId`); others drop it."""
    return {"RequestID": request_id, **result}


def _error_code(failure: Exception) -> str:
    response: Any = getattr(failure, "response", {})
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _log_failure(request: HttpRequest, failure: Exception) -> None:
    """Where it failed, without its message: that may hold what a person wrote."""
    frames: list[str] = []
    trace = failure.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    _log.error(
        "request %s failed: %s %s at %s",
        request.request_id,
        type(failure).__name__,
        _error_code(failure),
        " > ".join(frames),
    )
