"""S3's events on EventBridge say which version of an object they are about.

ministack leaves `version-id` out, so a consumer could not tell one version from the next.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from embedded.ministack_names import find, replace
from embedded.server import Server

_FIRE: Final = "ministack.services.s3._fire_s3_event"
_DISPATCH: Final = "ministack.services.eventbridge._dispatch_event"
_version: ContextVar[str | None] = ContextVar("embedded_object_version", default=None)


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Carry the version from S3's notification to the event that it sends."""
    replace(_FIRE, _remembering_version(find(_FIRE)))
    replace(_DISPATCH, _adding_version(find(_DISPATCH)))


def _remembering_version(fire: Callable[..., None]) -> Callable[..., None]:
    def fire_event(*arguments: Any, version_id: str | None = None, **options: Any) -> None:
        token = _version.set(version_id)
        try:
            fire(*arguments, version_id=version_id, **options)
        finally:
            _version.reset(token)

    return fire_event


def _adding_version(dispatch: Callable[..., None]) -> Callable[..., None]:
    def dispatch_event(event: dict[str, Any], view: Any = None) -> None:
        version = _version.get()
        if version and event["Source"] == "aws.s3" and view is None:
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail)}
        dispatch(event, view)

    return dispatch_event
