"""The endpoints that a project has of a person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from patterns.forget.person import Person, person


@dataclass(frozen=True)
class ProjectEndpoints:
    """The endpoints of a project.

    Attributes:
        client: A boto3 Pinpoint client.
        application_id: The project.
    """

    client: Any
    application_id: str

    def resolve(self, whom: Person) -> Person:
        """The person with all endpoints and addresses that the project has of them."""
        found = self._of_user(whom.user_id) if whom.user_id else []
        found += [each for id_ in sorted(whom.endpoint_ids) if (each := self._endpoint(id_))]
        return person(
            whom.user_id,
            (*whom.endpoint_ids, *(each["Id"] for each in found)),
            (*whom.addresses, *(each.get("Address", "") for each in found)),
        )

    def erase(self, whom: Person) -> int:
        """Delete the person's endpoints; gives how many there were."""
        # The API deletes what is not there without a word: what counts is asked for before.
        there = [id_ for id_ in sorted(whom.endpoint_ids) if self._endpoint(id_)]
        return sum(self._delete(id_) for id_ in there)

    def _of_user(self, user_id: str) -> list[Mapping[str, Any]]:
        answer = self._unless_absent(
            self.client.get_user_endpoints, ApplicationId=self.application_id, UserId=user_id
        )
        return list(answer["EndpointsResponse"]["Item"]) if answer else []

    def _endpoint(self, endpoint_id: str) -> Mapping[str, Any] | None:
        answer = self._unless_absent(
            self.client.get_endpoint, ApplicationId=self.application_id, EndpointId=endpoint_id
        )
        return answer["EndpointResponse"] if answer else None

    def _delete(self, endpoint_id: str) -> int:
        answer = self._unless_absent(
            self.client.delete_endpoint, ApplicationId=self.application_id, EndpointId=endpoint_id
        )
        return 1 if answer else 0

    def _unless_absent(self, call: Callable[..., Any], **arguments: str) -> Any:
        try:
            return call(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NotFoundException":
                raise
            return None
