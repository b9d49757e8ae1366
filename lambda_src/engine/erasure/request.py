"""Asking for what is below a deleted resource to be removed, after the answer went out."""

from typing import Final

from engine.context import Context

# The resource is deleted right after the message is sent; a step that still finds it does nothing.
_DELAY_SECONDS: Final = 5


def request_erasure(context: Context, application_id: str, segment_id: str | None = None) -> None:
    """Ask for a deleted application's or segment's items to be removed.

    Sent before the resource itself goes: if the sending fails the resource is still there and the
    client tries again, if the deletion fails the step finds the resource and leaves it alone.
    """
    message = {"Kind": "erase", "ApplicationId": application_id, "SegmentId": segment_id}
    context.queues.send("imports", [message], delay_seconds=_DELAY_SECONDS)
