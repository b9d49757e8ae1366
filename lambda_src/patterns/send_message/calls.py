"""SendMessages: targets with the same content in calls of a hundred, and what became of each.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-messages.html.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from patterns.send_message.answers import fate_of_error, fate_of_result, status_of
from patterns.send_message.content import Content
from patterns.send_message.outcomes import Fate
from patterns.send_message.targets import Target
from pinpoint_runtime.logger import logger

MOST_RECIPIENTS: Final = 100
# The API takes 5 MB, of which the content may be one.
_MOST_BYTES: Final = 3_000_000
_LOG: Final = logger(__name__)


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

    Attributes:
        calls: How often SendMessages was called until now.
    """

    def __init__(self, pinpoint: Any, application_id: str) -> None:
        self._pinpoint = pinpoint
        self._application_id = application_id
        self._lock = Lock()
        self.calls = 0

    def send(self, call: Call) -> dict[Target, Fate]:
        """Send one call. A refused one is halved until the recipient is found that it is refused for."""
        with self._lock:
            self.calls += 1
        try:
            answer = self._pinpoint.send_messages(
                ApplicationId=self._application_id, MessageRequest=call.request()
            )
        except Exception as error:  # noqa: BLE001 (each has a meaning for the recipients)
            return self._failed(call, error)
        response: Mapping[str, Any] = answer.get("MessageResponse", {})
        return {target: _fate(target, response) for target in call.targets}

    def _failed(self, call: Call, error: Exception) -> dict[Target, Fate]:
        status, code = status_of(error)
        _LOG.warning("call failed", extra={"status": status, "why": code, "targets": len(call.targets)})
        if status in (400, 413) and len(call.targets) > 1:
            middle = len(call.targets) // 2
            halves = (call.targets[:middle], call.targets[middle:])
            return {t: f for half in halves for t, f in self.send(Call(call.content, half)).items()}
        return dict.fromkeys(call.targets, fate_of_error(error))


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
        return fate_of_result(response.get("EndpointResult", {}).get(target.endpoint_id))
    return fate_of_result(response.get("Result", {}).get(target.address))
