"""The calls that change a project's endpoints: a hundred at a time, at a pace, and what came of each.

A call that is refused is halved until the bad items stand alone: the API refuses a hundred for one.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-endpoints.html.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from patterns.audience_sync.pace import Pace, TooBusy
from pinpoint_runtime.logger import redact

MOST_ITEMS: Final = 100
_LONGEST_REASON: Final = 250
_REFUSALS: Final = frozenset({"BadRequestException", "PayloadTooLargeException"})


@dataclass(frozen=True)
class Done:
    """The project has it."""


@dataclass(frozen=True)
class Refusal:
    """The project will never take it, and has not."""

    reason: str


@dataclass(frozen=True)
class NotNow:
    """It has to be tried again. `unsure` says that the project may have it already."""

    reason: str
    unsure: bool = False


Outcome: TypeAlias = Done | Refusal | NotNow


class Project:
    """One project's endpoints.

    Args:
        pinpoint: A boto3 Pinpoint client that repeats nothing by itself.
        application_id: The project.
        updates: The pace of UpdateEndpointsBatch.
        deletions: The pace of DeleteEndpoint.

    Attributes:
        calls: How often UpdateEndpointsBatch was called until now.
    """

    def __init__(self, pinpoint: Any, application_id: str, *, updates: Pace, deletions: Pace) -> None:
        self._pinpoint = pinpoint
        self._application_id = application_id
        self._updates = updates
        self._deletions = deletions
        self.calls = 0

    def update(self, items: Sequence[Mapping[str, Any]], in_time: Callable[[], bool]) -> list[Outcome]:
        """Create or change endpoints, as few calls as their number allows.

        Args:
            items: Endpoint definitions with their `Id`, each endpoint once.
            in_time: Whether there is time for another call.

        Returns:
            One outcome an item, in the same order.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(items), MOST_ITEMS):
            outcomes += self._halving(items[start : start + MOST_ITEMS], in_time)
        return outcomes

    def delete(self, endpoint_id: str, in_time: Callable[[], bool]) -> Outcome:
        """Delete an endpoint; one that does not exist is as good as deleted."""
        outcome = self._call(
            self._deletions,
            in_time,
            lambda: self._pinpoint.delete_endpoint(
                ApplicationId=self._application_id, EndpointId=endpoint_id
            ),
        )
        gone = isinstance(outcome, NotNow) and outcome.reason == "NotFoundException"
        return Done() if gone else outcome

    def endpoints_of(self, user_id: str) -> list[str]:
        """The ids of a user's endpoints.

        Raises:
            ClientError: The project does not say.
        """
        try:
            answer = self._pinpoint.get_user_endpoints(ApplicationId=self._application_id, UserId=user_id)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return []
            raise
        return [str(endpoint["Id"]) for endpoint in answer["EndpointsResponse"]["Item"]]

    def _halving(self, items: Sequence[Mapping[str, Any]], in_time: Callable[[], bool]) -> list[Outcome]:
        def update() -> None:
            self.calls += 1
            self._pinpoint.update_endpoints_batch(
                ApplicationId=self._application_id,
                EndpointBatchRequest={"Item": [dict(item) for item in items]},
            )

        outcome = self._call(self._updates, in_time, update)
        if not isinstance(outcome, Refusal) or len(items) == 1:
            return [outcome] * len(items)
        middle = len(items) // 2
        halves = self._halving(items[:middle], in_time) + self._halving(items[middle:], in_time)
        # A call that is refused for one item may have been carried out for the others.
        return [replace(one, unsure=True) if isinstance(one, NotNow) else one for one in halves]

    def _call(self, pace: Pace, in_time: Callable[[], bool], call: Callable[[], object]) -> Outcome:
        if not in_time():
            return NotNow("out_of_time")
        try:
            pace.wait()
        except TooBusy:
            return NotNow("pace")
        try:
            call()
        except ParamValidationError as error:
            return Refusal(type(error).__name__)
        except ClientError as error:
            return _outcome_of(error)
        except BotoCoreError as error:
            return NotNow(type(error).__name__, unsure=True)
        return Done()


def _outcome_of(error: ClientError) -> Outcome:
    code = str(error.response["Error"]["Code"])
    if code in _REFUSALS:
        message = redact(str(error.response["Error"].get("Message", "")))
        return Refusal(f"{code}: {message}"[:_LONGEST_REASON])
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return NotNow(code, unsure=status >= 500)
