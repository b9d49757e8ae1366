"""From a proxy event to an answer: whatever happens, an answer with a code, and never one to be kept."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from patterns.user_endpoints.errors import ApiError, PathNotFound, TooLarge
from pinpoint_runtime.logger import logger
from pinpoint_runtime.rest_proxy import HttpRequest, from_event, json_answer

_LOG: Final = logger(__name__)
_LARGEST_BODY: Final = 64 * 1024
# People's preferences: for nobody to keep, and no page's address for anybody to be told.
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Reply:
    """A success."""

    body: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Route = Callable[[HttpRequest], Reply]


def serve(event: Mapping[str, Any], route: Route) -> dict[str, Any]:
    """Answer one request.

    Args:
        event: A REST API proxy event.
        route: Finds and does what is asked.
    """
    request = from_event(event)
    try:
        if len(request.body) > _LARGEST_BODY:
            raise TooLarge(f"the body must have at most {_LARGEST_BODY} bytes")
        reply = route(request)
    except ApiError as error:
        return _failure(error, request)
    except Exception as error:  # noqa: BLE001 (the edge, where any failure becomes an answer)
        # Neither its text nor the path: both may say whose endpoints these are.
        frames = "".join(traceback.format_tb(error.__traceback__)[-3:])
        _LOG.error("request failed", extra={"error": type(error).__name__, "at": frames})
        return _failure(ApiError("the function failed; its log has the reason"), request)
    return json_answer(reply.status, reply.body, {**_HEADERS, **reply.headers})


def path_between(request: HttpRequest, first: str, last: str) -> str:
    """What stands between two segments of a path, decoded once.

    An id may hold a slash. Should a gateway decode the path on its way, the id is still what is between.

    Raises:
        PathNotFound: The path is another one.
    """
    segments = request.path.split("/")
    if len(segments) < 4 or segments[1] != first or segments[-1] != last:
        raise PathNotFound("there is no such path")
    return unquote("/".join(segments[2:-1]))


def _failure(error: ApiError, request: HttpRequest) -> dict[str, Any]:
    body = {"code": error.code, "message": error.message, "request_id": request.request_id}
    if error.field:
        body["field"] = error.field
    patience = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    return json_answer(error.status, body, {**_HEADERS, **patience})
