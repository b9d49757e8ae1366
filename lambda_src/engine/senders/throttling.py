"""Calls that are repeated only when they were throttled: such a call was not taken, any other may have been.

The clients that send do not repeat calls by themselves: botocore would repeat one whose answer was lost.
"""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

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
