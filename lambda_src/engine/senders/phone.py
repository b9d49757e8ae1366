"""What SMS and voice share: AWS End User Messaging, its errors, and what leads a receipt back.

See https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/Welcome.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from engine.context import Context
from engine.senders.handover import THROTTLED, hand_over
from engine.senders.outcome import SendOutcome

Operation: TypeAlias = Literal["send_text_message", "send_voice_message"]
SERVICE: Final = "pinpoint-sms-voice-v2"
_NUMBER: Final = re.compile(r"\+?[1-9][0-9]{1,18}")
# The limits of a message's Context.
_MAX_VALUE: Final = 800
_OPTED_OUT: Final = "DESTINATION_PHONE_NUMBER_OPTED_OUT"
_PERMANENT: Final = frozenset(
    {"ConflictException", "ValidationException", "ResourceNotFoundException", "AccessDeniedException"}
)


def is_phone_number(address: str) -> bool:
    """Whether End User Messaging would take an address as a destination."""
    return _NUMBER.fullmatch(address) is not None


def correlation(application_id: str, run: str, claim: str, endpoint_id: str) -> dict[str, str]:
    """The Context of a message: it comes back with every event about it.

    An endpoint id that a Context cannot hold is left out: a campaign's ledger knows it all the same.

    Args:
        application_id: On whose behalf.
        run: The activity or request.
        claim: The address as the ledger knows it.
        endpoint_id: The endpoint; empty for a bare address.
    """
    fits = 0 < len(endpoint_id) <= _MAX_VALUE and endpoint_id.strip() == endpoint_id
    return {
        "applicationId": application_id,
        "run": run,
        "claim": claim,
        **({"endpointId": endpoint_id} if fits else {}),
    }


def send_by_phone(context: Context, operation: Operation, request: Mapping[str, Any]) -> SendOutcome:
    """Give a message to End User Messaging; never raises for what it answers.

    Args:
        context: Gives the client, which does not repeat calls by itself.
        operation: The client's method.
        request: Its parameters.
    """
    send = getattr(context.client(SERVICE), operation)
    return hand_over("phone service", lambda: send(**request), _refused)


def _refused(response: Mapping[str, Any]) -> SendOutcome:
    code = str(response.get("Error", {}).get("Code", ""))
    reason = str(response.get("Reason", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    # The service's own text may name a number; its code and its reason never do.
    message = f"{code}: {reason}" if reason else code
    if code in THROTTLED:
        return SendOutcome("THROTTLED", status, message)
    if code == "ConflictException" and reason == _OPTED_OUT:
        return SendOutcome("OPT_OUT", status, message)
    if code == "ServiceQuotaExceededException":
        # The month's spending, the day's calls: not the recipient's fault, and over some day.
        return SendOutcome("TEMPORARY_FAILURE", status, message)
    if code in _PERMANENT:
        return SendOutcome("PERMANENT_FAILURE", status, message)
    return SendOutcome("UNKNOWN_FAILURE", status, message)
