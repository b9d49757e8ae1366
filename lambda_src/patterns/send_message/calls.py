"""SendMessages: targets with the same content in calls of a hundred, and what became of each.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-messages.html.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from patterns.send_message.content import Content
from patterns.send_message.outcomes import Fate, Outcome, Postponed
from patterns.send_message.targets import Target
from pinpoint_runtime.logger import logger, redact

MOST_RECIPIENTS: Final = 100
# The API takes 5 MB, of which the content may be one.
_MOST_BYTES: Final = 3_000_000
_LONGEST_REASON: Final = 200
_LOG: Final = logger(__name__)
_NEVER_SENT: Final = (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError)


@dataclass(frozen=True)
class Call:
    """One request to the API: each address is in it once."""

    content: Content
    targets: Sequence[Target]

    def request(self) -> dict[str, Any]:
        """The `MessageRequest`."""
        request: dict[str, Any] = {"MessageConfiguration": self.content.configuration}
        if self.content.template:
            request["TemplateConfiguration"] = self.content.template
        addresses = {t.address: _configuration(t) for t in self.targets if not t.endpoint_id}
        endpoints = {t.endpoint_id: _configuration(t) for t in self.targets if t.endpoint_id}
        if addresses:
            request["Addresses"] = addresses
        if endpoints:
            request["Endpoints"] = endpoints
        return request


def calls(targets: Iterable[Target]) -> list[Call]:
    """As few calls as the API's limit allows, across requests with the same content."""
    by_content: dict[str, list[Target]] = defaultdict(list)
    for target in targets:
        by_content[target.task.content.key].append(target)
    return [Call(group[0].task.content, chunk) for group in by_content.values() for chunk in _chunks(group)]


@dataclass
class _Chunk:
    targets: list[Target] = field(default_factory=list[Target])
    size: int = 0

    def takes(self, size: int) -> bool:
        if not self.targets:
            return True
        return len(self.targets) < MOST_RECIPIENTS and self.size + size <= _MOST_BYTES


def _chunks(group: Sequence[Target]) -> list[list[Target]]:
    """Each target in the first chunk that has room, behind the last one that holds its address."""
    chunks: list[_Chunk] = []
    first_open = 0
    behind: dict[tuple[str, str], int] = {}
    for target in group:
        size = len(json.dumps([target.address, _configuration(target)]))
        place = max(first_open, behind.get((target.channel, target.address), 0))
        while place < len(chunks) and not chunks[place].takes(size):
            place += 1
        if place == len(chunks):
            chunks.append(_Chunk())
        chunks[place].targets.append(target)
        chunks[place].size += size
        behind[target.channel, target.address] = place + 1
        while first_open < len(chunks) and len(chunks[first_open].targets) == MOST_RECIPIENTS:
            first_open += 1
    return [chunk.targets for chunk in chunks]


class Caller:
    """Sends calls, and reads what is said of each recipient.

    Args:
        pinpoint: A boto3 Pinpoint client that never repeats a call by itself.
        application_id: The project.
    """

    def __init__(self, pinpoint: Any, application_id: str) -> None:
        self._pinpoint = pinpoint
        self._application_id = application_id

    def send(self, call: Call) -> dict[Target, Fate]:
        """Send one call. A refused one is halved until the recipient is found that it is refused for."""
        try:
            answer = self._pinpoint.send_messages(
                ApplicationId=self._application_id, MessageRequest=call.request()
            )
        except Exception as error:  # noqa: BLE001 (each has a meaning for the recipients)
            return self._failed(call, error)
        response: Mapping[str, Any] = answer.get("MessageResponse", {})
        return {target: _fate(target, response) for target in call.targets}

    def _failed(self, call: Call, error: Exception) -> dict[Target, Fate]:
        status, code = _status(error)
        _LOG.warning("call failed", extra={"status": status, "why": code, "targets": len(call.targets)})
        if status in (400, 413) and len(call.targets) > 1:
            middle = len(call.targets) // 2
            halves = (call.targets[:middle], call.targets[middle:])
            return {t: f for half in halves for t, f in self.send(Call(call.content, half)).items()}
        return dict.fromkeys(call.targets, _fate_of_all(error, status, code))


def _configuration(target: Target) -> dict[str, Any]:
    task, listed = target.task, target.listed
    configuration: dict[str, Any] = {
        # Receipts carry it: by it they are found to belong to the request.
        "Context": {**task.context, **listed.context, "request_id": task.request_id}
    }
    if substitutions := {**task.substitutions, **listed.substitutions}:
        configuration["Substitutions"] = substitutions
    return configuration if target.endpoint_id else {"ChannelType": target.channel, **configuration}


def _fate(target: Target, response: Mapping[str, Any]) -> Fate:
    if target.endpoint_id:
        result = response.get("EndpointResult", {}).get(target.endpoint_id)
    else:
        result = response.get("Result", {}).get(target.address)
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


def _status(error: Exception) -> tuple[int, str]:
    """An HTTP status, 0 if there was none; and a name."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        return status, str(error.response.get("Error", {}).get("Code", ""))
    return (400 if isinstance(error, ParamValidationError) else 0), type(error).__name__


def _fate_of_all(error: Exception, status: int, code: str) -> Fate:
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
