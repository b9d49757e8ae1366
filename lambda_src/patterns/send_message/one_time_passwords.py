"""One-time passwords: sent and verified while somebody waits, at a bounded rate for each number.

The code is made, kept and compared by the API. Here it passes through, and is written down nowhere.

See https://docs.aws.amazon.com/pinpoint/latest/developerguide/send-validate-otp.html.
"""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from botocore.exceptions import ClientError

from patterns.send_message.answers import fate_of_error, fate_of_result
from patterns.send_message.outcomes import Fate, Outcome

Status: TypeAlias = Literal[
    "SENT", "VALID", "INVALID", "REFUSED", "LIMITED", "TRY_AGAIN", "FAILED", "UNKNOWN"
]

_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}")
_REFERENCE: Final = re.compile(r"[\x21-\x7e]{1,48}")
_CODE: Final = re.compile(r"[0-9]{5,8}")


@dataclass(frozen=True)
class Reply:
    """What the caller gets.

    Attributes:
        status: `SENT`; `VALID` or `INVALID`; `REFUSED`: the call cannot be meant; `LIMITED`: too many for the
            number; `TRY_AGAIN`: nothing happened, and it may be repeated; `FAILED`: it never will;
            `UNKNOWN`: the answer was lost.
        reason: A short name.
        retry_after: Seconds until the number is not limited any more.
    """

    status: Status
    reason: str = ""
    retry_after: int = 0

    def document(self) -> dict[str, Any]:
        """As the function answers."""
        members = {"status": self.status, "reason": self.reason, "retry_after": self.retry_after}
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True)
class Limits:
    """How often a number may be sent to and tried in a window of so many seconds."""

    sends: int
    verifications: int
    window: int


class Rate:
    """Counts by number and window, in a table keyed by `pk` that forgets at `ttl`.

    Args:
        client: A boto3 DynamoDB client.
        table_name: The table.
        window: Seconds.
    """

    def __init__(
        self, client: Any, table_name: str, window: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table_name
        self._window = window
        self._clock = clock

    def over(self, what: str, destination: str, most: int) -> int:
        """Count one more; the seconds to wait if there were `most` already, else 0."""
        now = self._clock()
        window = int(now // self._window)
        end = (window + 1) * self._window
        digest = hashlib.sha256(f"SMS\n{destination}".encode()).hexdigest()
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"{what}#{digest}#{window}"}},
                UpdateExpression="ADD times :one SET #ttl = :ttl",
                ConditionExpression="attribute_not_exists(times) OR times < :most",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":most": {"N": str(most)},
                    ":ttl": {"N": str(end + self._window)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return max(1, round(end - now))
        return 0


@dataclass(frozen=True)
class OneTimePasswords:
    """Sends and verifies.

    Attributes:
        pinpoint: A boto3 Pinpoint client that never repeats a call by itself.
        application_id: The project.
        message: `SendOTPMessageRequestParameters` without whom it is for.
        rate: Counts.
        limits: What is allowed.
    """

    pinpoint: Any
    application_id: str
    rate: Rate
    limits: Limits
    message: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def answer(self, event: Mapping[str, Any]) -> Reply:
        """What the function does with a call: `action` is `send` or `verify`."""
        action, reference = event.get("action"), event.get("reference")
        destination, code = event.get("destination"), event.get("code")
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
            return Reply("REFUSED", "reference must be 1 to 48 characters without spaces")
        if not isinstance(destination, str) or not _E164.fullmatch(destination):
            return Reply("REFUSED", "destination must be a phone number in E.164 form")
        if action == "send":
            return self.send(reference, destination)
        if action != "verify":
            return Reply("REFUSED", "action must be send or verify")
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            return Reply("REFUSED", "code must be a text of 5 to 8 digits")
        return self.verify(reference, destination, code)

    def send(self, reference: str, destination: str) -> Reply:
        """Send a new password.

        Args:
            reference: What it is for; the same when it is verified.
            destination: A phone number in E.164 form.
        """
        if wait := self.rate.over("send", destination, self.limits.sends):
            return Reply("LIMITED", "too_many_sends", wait)
        request = {
            **self.message,
            "Channel": "SMS",
            "ReferenceId": reference,
            "DestinationIdentity": destination,
        }
        try:
            answer = self.pinpoint.send_otp_message(
                ApplicationId=self.application_id, SendOTPMessageRequestParameters=request
            )
        except Exception as error:  # noqa: BLE001 (each has a meaning for who waits)
            return _reply(fate_of_error(error))
        return _reply(fate_of_result(answer["MessageResponse"].get("Result", {}).get(destination)))

    def verify(self, reference: str, destination: str, code: str) -> Reply:
        """Compare a password.

        Args:
            reference, destination: As it was sent.
            code: What the person typed.
        """
        if wait := self.rate.over("verify", destination, self.limits.verifications):
            return Reply("LIMITED", "too_many_verifications", wait)
        request = {"ReferenceId": reference, "DestinationIdentity": destination, "Otp": code}
        try:
            answer = self.pinpoint.verify_otp_message(
                ApplicationId=self.application_id, VerifyOTPMessageRequestParameters=request
            )
        except Exception as error:  # noqa: BLE001
            return _reply(fate_of_error(error))
        return Reply("VALID" if answer["VerificationResponse"].get("Valid") is True else "INVALID")


def _reply(fate: Fate) -> Reply:
    if not isinstance(fate, Outcome):
        return Reply("TRY_AGAIN", fate.reason)
    return Reply("FAILED" if fate.status == "LEFT_OUT" else fate.status, fate.reason)
