"""What the API's answers say of a message, and what it means if there is none."""

from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from patterns.send_message.outcomes import Fate, Outcome, Postponed
from pinpoint_runtime.logger import redact

_LONGEST_REASON: Final = 200
_NEVER_SENT: Final = (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError)


def fate_of_result(result: Mapping[str, Any] | None) -> Fate:
    """What a `MessageResult` or `EndpointMessageResult` says; one that is missing says nothing."""
    if result is None:
        return Outcome("UNKNOWN", "no_result")
    status = result.get("DeliveryStatus", "")
    said = redact(result.get("StatusMessage", ""))[:_LONGEST_REASON]
    reason = f"{status.lower()}: {said}" if said else status.lower()
    match status:
        case "SUCCESSFUL":
            return Outcome("SENT", message_id=result.get("MessageId", ""))
        case "THROTTLED":
            return Postponed(reason, counts=False)
        case "TEMPORARY_FAILURE":
            return Postponed(reason, counts=True)
        case "PERMANENT_FAILURE":
            return Outcome("FAILED", reason)
        case "OPT_OUT" | "DUPLICATE":
            return Outcome("LEFT_OUT", reason)
        case _:
            return Outcome("UNKNOWN", reason)


def status_of(error: Exception) -> tuple[int, str]:
    """An error's HTTP status, 0 if there was none, and its name."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        return status, str(error.response.get("Error", {}).get("Code", ""))
    return (400 if isinstance(error, ParamValidationError) else 0), type(error).__name__


def fate_of_error(error: Exception) -> Fate:
    """What a call that raised means for whom it was for."""
    status, code = status_of(error)
    if status == 429:
        return Postponed("call_throttled", counts=False)
    if status in (401, 403):
        # A permission that is missing is mended, and then everything goes on.
        return Postponed(f"call_not_allowed: {code}", counts=False)
    if 400 <= status < 500:
        return Outcome("FAILED", f"call_refused: {code}")
    if isinstance(error, _NEVER_SENT):
        return Postponed(f"not_reached: {code}", counts=False)
    return Outcome("UNKNOWN", f"answer_lost: {code}")
