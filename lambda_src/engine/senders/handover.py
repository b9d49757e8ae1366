"""Calls to the services that send, repeated only when they were throttled: such a call was not taken, any
other may have been.

The clients that send do not repeat calls by themselves: botocore would repeat one whose answer was lost.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from engine.senders.outcome import SendOutcome

_T = TypeVar("_T")
_ATTEMPTS: Final = 4
THROTTLED: Final = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException"})


def repeated_if_throttled(call: Callable[[], _T]) -> _T:
    """What a call gives, in a few attempts.

    Raises:
        ClientError: The service refused it, or throttled every attempt.
    """
    from botocore.exceptions import ClientError

    for attempt in range(1, _ATTEMPTS):
        try:
            return call()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in THROTTLED:
                raise
        time.sleep(0.1 * 2**attempt * (0.5 + random.random()))
    return call()


def hand_over(
    service: str, send: Callable[[], Mapping[str, Any]], refused: Callable[[Mapping[str, Any]], SendOutcome]
) -> SendOutcome:
    """Give a message to a service; never raises for what it answers.

    Args:
        service: What outcomes call it, such as `mail service`.
        send: The call; its answer has a `MessageId`.
        refused: What the service's error means.
    """
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError
    from botocore.exceptions import ParamValidationError as Invalid

    try:
        answer = repeated_if_throttled(send)
    except ClientError as error:
        return refused(error.response)
    except Invalid:
        return SendOutcome("PERMANENT_FAILURE", 400, f"the message does not fit the {service}'s rules")
    except (EndpointConnectionError, ConnectTimeoutError):
        return SendOutcome("TEMPORARY_FAILURE", 503, f"the {service} could not be reached")
    except HTTPClientError:
        # The request went out and no answer came back: it may have been sent.
        return SendOutcome("UNKNOWN_FAILURE", 504, f"the {service}'s answer was lost")
    return SendOutcome("SUCCESSFUL", 200, f"accepted by the {service}", answer["MessageId"])
