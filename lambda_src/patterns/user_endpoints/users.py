"""The endpoints of a user, as Pinpoint knows them.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-users-user-id.html.
"""

from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from patterns.user_endpoints.errors import BadInput, Unfinished, UserNotFound

_FORBIDDEN: Final = frozenset("${}")


@dataclass(frozen=True)
class Users:
    """The users of a project.

    Attributes:
        pinpoint: A boto3 Pinpoint client.
        application_id: The project.
    """

    pinpoint: Any
    application_id: str

    def endpoints(self, user_id: str) -> list[dict[str, Any]]:
        """All endpoints of a user, 15 at most.

        Raises:
            BadInput: No user can have this id.
            UserNotFound: No endpoint names the user.
            Unfinished: Pinpoint did not answer, or asks for patience.
        """
        if not user_id or _FORBIDDEN.intersection(user_id):
            raise BadInput("a user id must not be empty, and has none of the characters $ { }")
        try:
            answer = self.pinpoint.get_user_endpoints(ApplicationId=self.application_id, UserId=user_id)
        except ClientError as error:
            raise _refusal(error) from None
        except BotoCoreError:
            raise Unfinished("the endpoints could not be read: try again", retry_after=1) from None
        endpoints: list[dict[str, Any]] = answer["EndpointsResponse"]["Item"]
        if not endpoints:
            raise UserNotFound("no endpoint names this user")
        return endpoints


def _refusal(error: ClientError) -> Exception:
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code == "NotFoundException":
        return UserNotFound("no endpoint names this user")
    if code == "BadRequestException":
        return BadInput("no user can have this id")
    if status == 429 or status >= 500:
        return Unfinished("the endpoints could not be read: try again", retry_after=1)
    return error
