"""Each message gives its user an offer, and notes it on every endpoint of the user.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-users-user-id.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from channels.offer.assignments import Assignments
from channels.offer.sets import DataUnreadable, OfferSet, holder, offer_sets, wanted_set
from patterns.custom_channel.message import ChannelMessage
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.webhook import Accepted, Outcome, Rejected, RetryLater

_HOPELESS: Final = frozenset({"BadRequestException", "PayloadTooLargeException", "ValidationException"})
_BUSY: Final = frozenset({"TooManyRequestsException", "ThrottlingException", "ThrottledException"})


@dataclass(frozen=True)
class OfferAdapter:
    """Assigns offers.

    Attributes:
        pinpoint: A boto3 client.
        assignments: Who has which.
        sets: What may be given, by name.
        repeatable: A repetition finds the offer given and noted.
    """

    pinpoint: Any
    assignments: Assignments
    sets: Mapping[str, OfferSet]
    repeatable: bool = True

    def send(self, message: ChannelMessage) -> Outcome:
        try:
            offers = wanted_set(self.sets, message.data)
            who = holder(message.user_id, message.endpoint_id)
            self._note(message, offers, self.assignments.assign(message.application_id, who, offers))
        except DataUnreadable as unreadable:
            return Rejected(unreadable.reason)
        except ClientError as error:
            return _outcome(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return RetryLater(type(error).__name__)
        return Accepted(200)

    def _note(self, message: ChannelMessage, offers: OfferSet, offer: str) -> None:
        noted = {offers.attribute: [offer]}
        changes = [
            _change(endpoint, {"UserAttributes": noted} if message.user_id else noted)
            for endpoint in self._endpoints(message)
            if _attributes(endpoint, of_user=bool(message.user_id)).get(offers.attribute) != [offer]
        ]
        # A user has at most fifteen endpoints, a batch takes a hundred.
        if changes:
            self.pinpoint.update_endpoints_batch(
                ApplicationId=message.application_id, EndpointBatchRequest={"Item": changes}
            )

    def _endpoints(self, message: ChannelMessage) -> list[dict[str, Any]]:
        """As they are now: an update of one that is gone would make a new one."""
        project = message.application_id
        if message.user_id:
            found: dict[str, Any] = self.pinpoint.get_user_endpoints(
                ApplicationId=project, UserId=message.user_id
            )["EndpointsResponse"]
            return list(found["Item"])
        one: dict[str, Any] = self.pinpoint.get_endpoint(
            ApplicationId=project, EndpointId=message.endpoint_id
        )["EndpointResponse"]
        return [one]


def _attributes(endpoint: Mapping[str, Any], *, of_user: bool) -> Mapping[str, Any]:
    attributes: Mapping[str, Any] = (
        endpoint.get("User", {}).get("UserAttributes", {}) if of_user else endpoint.get("Attributes", {})
    )
    return attributes


def _change(endpoint: Mapping[str, Any], noted: Mapping[str, Any]) -> dict[str, Any]:
    """What of an endpoint changes, and its status, which every update sets to ACTIVE that does not say it."""
    kept = {name: endpoint[name] for name in ("Id", "EndpointStatus") if name in endpoint}
    if "UserAttributes" in noted:
        return kept | {"User": {"UserId": endpoint["User"]["UserId"], **noted}}
    return kept | {"Attributes": dict(noted)}


def _outcome(code: str) -> Outcome:
    if code == "NotFoundException":
        return Rejected("no_endpoint")
    if code in _HOPELESS:
        return Rejected(code)
    return RetryLater(code, attempted=code not in _BUSY)


def adapter() -> OfferAdapter:
    """The adapter that the function's settings describe."""
    assignments = Assignments(
        client("dynamodb"), settings.text("OFFERS_TABLE"), keep=settings.whole_number("OFFERS_KEEP_SECONDS")
    )
    return OfferAdapter(client("pinpoint"), assignments, offer_sets(settings.text("OFFER_SETS")))
