"""One reply by SendMessages, from the number that was written to, and what became of it.

See https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-messages.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from patterns.two_way_sms.inbound import Inbound

_NEVER_SENT: Final = (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError)


@dataclass(frozen=True)
class Sent:
    """The project took it."""


@dataclass(frozen=True)
class OptedOut:
    """The handset is on the opt-out list of the number: nothing was sent, as it should be."""


@dataclass(frozen=True)
class Refused:
    """Nothing was sent, and never will be."""

    reason: str


@dataclass(frozen=True)
class NotNow:
    """Nothing was sent. `counts` says whether that was an attempt."""

    reason: str
    counts: bool


@dataclass(frozen=True)
class Lost:
    """Nobody knows whether it was sent."""

    reason: str


Outcome: TypeAlias = Sent | OptedOut | Refused | NotNow | Lost


@dataclass(frozen=True)
class ReplySender:
    """Sends replies.

    Attributes:
        pinpoint: A boto3 client that never repeats a call by itself.
        application_id: The project.
        message_type: `TRANSACTIONAL` or `PROMOTIONAL`, as the number is registered.
    """

    pinpoint: Any
    application_id: str
    message_type: str

    def send(self, inbound: Inbound, text: str) -> Outcome:
        """Answer a message, and read the result."""
        try:
            answer = self.pinpoint.send_messages(
                ApplicationId=self.application_id, MessageRequest=self._request(inbound, text)
            )
        except Exception as error:  # noqa: BLE001 (each has a meaning for the reply)
            return _failed(error)
        results: Mapping[str, Any] = answer["MessageResponse"].get("Result", {})
        return _outcome(results.get(inbound.sender, {}))

    def _request(self, inbound: Inbound, text: str) -> dict[str, Any]:
        return {
            "Addresses": {
                inbound.sender: {"ChannelType": "SMS", "Context": {"inbound_message_id": inbound.id}}
            },
            "MessageConfiguration": {
                "SMSMessage": {
                    # A body is a template: what looks like a variable is parted, so that it stays text.
                    "Body": text.replace("{{", "{ {"),
                    "MessageType": self.message_type,
                    "OriginationNumber": inbound.number,
                }
            },
        }


def _outcome(result: Mapping[str, Any]) -> Outcome:
    status = str(result.get("DeliveryStatus", ""))
    match status:
        case "SUCCESSFUL":
            return Sent()
        case "OPT_OUT":
            return OptedOut()
        case "THROTTLED":
            return NotNow("throttled", counts=False)
        case "TEMPORARY_FAILURE":
            return NotNow("temporary_failure", counts=True)
        case "PERMANENT_FAILURE" | "DUPLICATE":
            return Refused(f"send_{status.lower()}_{result.get('StatusCode', 0)}")
        case _:
            return Lost(status.lower() or "no_result")


def _failed(error: Exception) -> Outcome:
    name = type(error).__name__
    if isinstance(error, ParamValidationError):
        return Refused(f"send_refused: {name}")
    if isinstance(error, _NEVER_SENT):
        return NotNow(f"not_reached: {name}", counts=False)
    if not isinstance(error, ClientError):
        return Lost(f"answer_lost: {name}")
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    code = str(error.response.get("Error", {}).get("Code", ""))
    if status in (401, 403, 429):
        # A permission that is missing is mended some time, and then everything goes on.
        return NotNow(f"call_{status}: {code}", counts=False)
    return Refused(f"send_refused: {code}") if status < 500 else Lost(f"answer_lost: {code}")
