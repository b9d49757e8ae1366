"""To whom exactly: addresses as they are, endpoints and users looked up, with what keeps them from a message.

The API itself heeds neither OptOut nor EndpointStatus when it is asked to send directly: it is done here.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-endpoints-endpoint-id.html.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from botocore.exceptions import ClientError

from patterns.send_message.content import PUSH, PUSH_CHANNELS
from patterns.send_message.outcomes import Fate, Outcome, Postponed
from patterns.send_message.tasks import Listed, Task
from pinpoint_runtime.logger import logger

_LOG: Final = logger(__name__)
_Answer: TypeAlias = Sequence[Mapping[str, Any]] | Fate


@dataclass(frozen=True, eq=False)
class Target:
    """One place that a message goes to, or a recipient that has none.

    Attributes:
        task: The request.
        listed: The recipient.
        address: Empty if there is none.
        channel: The channel type, as the API names it.
        endpoint_id, user_id: As they were named or found.
    """

    task: Task
    listed: Listed
    address: str = ""
    channel: str = ""
    endpoint_id: str = ""
    user_id: str = ""

    @property
    def address_hash(self) -> str:
        """A digest under which tables and events know the address; empty without one."""
        text = f"{self.channel}\n{self.address}"
        return hashlib.sha256(text.encode()).hexdigest() if self.address else ""

    @property
    def key(self) -> str:
        """What the ledger calls the one message of a request to an address."""
        text = "\n".join((self.task.request_id, self.address_hash))
        return f"recipient#{hashlib.sha256(text.encode()).hexdigest()}"

    @property
    def owner(self) -> str:
        """The recipient that the key belongs to: another one with the same address is a duplicate."""
        endpoint = hashlib.sha256(self.endpoint_id.lower().encode()).hexdigest()[:16]
        return f"{self.listed.position}/{endpoint}" if self.user_id else str(self.listed.position)

    @property
    def result_id(self) -> str:
        """The same whenever the result is told."""
        place = f"{self.task.request_id}\n{self.listed.position}\n{self.endpoint_id.lower()}"
        return hashlib.sha256(place.encode()).hexdigest()[:32]

    @property
    def document(self) -> dict[str, Any]:
        """The recipient as it goes on: what was found of a user need not be found again."""
        found = {"endpoint_id": self.endpoint_id} if self.user_id and self.endpoint_id else {}
        return {**self.listed.document, **found, "position": self.listed.position}


class Directory:
    """The project's endpoints, each looked up once a batch.

    Args:
        pinpoint: A boto3 Pinpoint client.
        application_id: The project.
        threads: Look-ups at a time.
    """

    def __init__(self, pinpoint: Any, application_id: str, threads: Executor) -> None:
        self._pinpoint = pinpoint
        self._application_id = application_id
        self._threads = threads

    def resolve(self, wanted: Iterable[tuple[Task, Listed]]) -> list[tuple[Target, Fate | None]]:
        """The targets of recipients; with each the reason why it is not sent to now, if there is one."""
        pairs = list(wanted)
        asked = dict.fromkeys(question for _, listed in pairs if (question := _question(listed)))
        answers = dict(zip(asked, self._threads.map(self._answer, asked), strict=True))
        return [found for task, listed in pairs for found in _targets(task, listed, answers)]

    def _answer(self, question: "_Question") -> _Answer:
        if question.endpoint_id:
            return self._look_up(lambda: [self._endpoint(question.endpoint_id)], "unknown_endpoint")
        return self._look_up(lambda: self._user(question.user_id), "unknown_user")

    def _endpoint(self, endpoint_id: str) -> Mapping[str, Any]:
        answer = self._pinpoint.get_endpoint(ApplicationId=self._application_id, EndpointId=endpoint_id)
        found: Mapping[str, Any] = answer["EndpointResponse"]
        return found

    def _user(self, user_id: str) -> Sequence[Mapping[str, Any]]:
        answer = self._pinpoint.get_user_endpoints(ApplicationId=self._application_id, UserId=user_id)
        found: Sequence[Mapping[str, Any]] = answer["EndpointsResponse"]["Item"]
        return found

    def _look_up(self, ask: Callable[[], Sequence[Mapping[str, Any]]], unknown: str) -> _Answer:
        try:
            return ask() or Outcome("FAILED", unknown)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
            if status == 404:
                return Outcome("FAILED", unknown)
            if status == 400:
                return Outcome("FAILED", "invalid_id")
            return Postponed(f"look_up_{status}", counts=False)
        except Exception as error:  # noqa: BLE001 (nothing was sent: it comes again)
            _LOG.warning("look-up failed", extra={"why": type(error).__name__})
            return Postponed("look_up_failed", counts=False)


@dataclass(frozen=True)
class _Question:
    endpoint_id: str = ""
    user_id: str = ""


def _question(listed: Listed) -> _Question | None:
    if listed.endpoint_id:
        return _Question(endpoint_id=listed.endpoint_id)
    return _Question(user_id=listed.user_id) if listed.user_id else None


def _targets(
    task: Task, listed: Listed, answers: Mapping[_Question, _Answer]
) -> list[tuple[Target, Fate | None]]:
    if listed.defect:
        return [(Target(task, listed), Outcome("FAILED", listed.defect))]
    question = _question(listed)
    if question is None:
        return [(Target(task, listed, listed.address, listed.channel), None)]
    answer = answers[question]
    nobody = Target(task, listed, endpoint_id=listed.endpoint_id, user_id=listed.user_id)
    if isinstance(answer, (Outcome, Postponed)):
        return [(nobody, answer)]
    if question.endpoint_id:
        return [_of_endpoint(task, listed, answer[0])]
    usable = [endpoint for endpoint in answer if _serves(task, endpoint)]
    if not usable:
        return [(nobody, Outcome("LEFT_OUT", "user_has_no_endpoint_of_the_channel"))]
    return [_of_endpoint(task, listed, endpoint) for endpoint in usable]


def _of_endpoint(task: Task, listed: Listed, endpoint: Mapping[str, Any]) -> tuple[Target, Fate | None]:
    target = Target(
        task,
        listed,
        address=endpoint.get("Address", ""),
        channel=endpoint.get("ChannelType", ""),
        endpoint_id=endpoint.get("Id") or listed.endpoint_id,
        user_id=listed.user_id,
    )
    if not _serves(task, endpoint):
        return target, Outcome("LEFT_OUT", "endpoint_of_another_channel")
    if endpoint.get("OptOut") == "ALL":
        return target, Outcome("LEFT_OUT", "opted_out")
    if endpoint.get("EndpointStatus") == "INACTIVE":
        return target, Outcome("LEFT_OUT", "endpoint_inactive")
    if not target.address:
        return target, Outcome("FAILED", "endpoint_has_no_address")
    return target, None


def _serves(task: Task, endpoint: Mapping[str, Any]) -> bool:
    channel = endpoint.get("ChannelType")
    return channel in PUSH_CHANNELS if task.channel == PUSH else channel == task.channel
