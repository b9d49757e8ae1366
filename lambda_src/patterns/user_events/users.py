"""The endpoints of users, asked for once a batch.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-users-user-id.html.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeAlias

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Unanswered:
    """The project did not say which endpoints a user has."""

    reason: str


Endpoints: TypeAlias = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Users:
    """A project's users.

    Attributes:
        pinpoint: A boto3 client.
        application_id: The project.
        threads: Calls at a time.
    """

    pinpoint: Any
    application_id: str
    threads: Executor

    def endpoints(self, user_ids: Iterable[str]) -> dict[str, Endpoints | Unanswered]:
        """The endpoints of each user; none for a user whom the project does not know."""
        names = list(dict.fromkeys(user_ids))
        return dict(zip(names, self.threads.map(self._endpoints, names), strict=True))

    def _endpoints(self, user_id: str) -> Endpoints | Unanswered:
        try:
            answer = self.pinpoint.get_user_endpoints(ApplicationId=self.application_id, UserId=user_id)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NotFoundException":
                return ()
            return Unanswered(str(error.response.get("Error", {}).get("Code")))
        except Exception as error:  # noqa: BLE001 (whatever it was, the event is still to be told)
            return Unanswered(type(error).__name__)
        return tuple(answer["EndpointsResponse"].get("Item", ()))
