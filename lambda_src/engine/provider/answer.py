"""What CloudFormation is told, and how it gets there.

See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.provider.event import Event

# The whole answer, in bytes; a longer one is not accepted and the stack waits an hour.
MAX_ANSWER_BYTES: Final = 4096
# Characters: four bytes each at most, so that the rest has room as well.
_MAX_REASON: Final = 500
_ATTEMPTS: Final = 4
_TIMEOUT_SECONDS: Final = 10


class AnswerLost(Exception):
    """CloudFormation could not be told; Lambda calls again, and the request is idempotent."""


@dataclass(frozen=True)
class Answer:
    """The outcome of a request.

    Attributes:
        succeeded: Whether the resource is as asked for.
        physical_id: Another one than before tells CloudFormation to delete the former resource.
        attributes: What `Fn::GetAtt` gives: the documented attributes and no others.
        reason: Why it failed, as the stack's events show it.
    """

    succeeded: bool
    physical_id: str
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str = ""

    def body(self, event: Event) -> dict[str, Any]:
        """The answer on the wire."""
        return {
            "Status": "SUCCESS" if self.succeeded else "FAILED",
            "Reason": self.reason[:_MAX_REASON],
            "PhysicalResourceId": self.physical_id,
            "StackId": event.stack_id,
            "RequestId": event.request_id,
            "LogicalResourceId": event.logical_id,
            "Data": dict(self.attributes),
        }


def send(event: Event, answer: Answer) -> None:
    """Put the answer where CloudFormation waits for it, in a few attempts.

    Raises:
        AnswerLost: None of them arrived.
    """
    body = json.dumps(answer.body(event), ensure_ascii=False).encode()
    if len(body) > MAX_ANSWER_BYTES:
        raise AnswerLost(f"the answer has {len(body)} bytes, and {MAX_ANSWER_BYTES} are accepted")
    request = urllib.request.Request(
        # A signed address: a content type that was not signed would break the signature.
        event.response_url,
        data=body,
        method="PUT",
        headers={"Content-Type": ""},
    )
    failure: Exception | None = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(2**attempt / 2)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
                return
        except urllib.error.HTTPError as error:
            error.close()
            failure = error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            failure = error
    # Without the cause: its text holds the signed address.
    raise AnswerLost(f"no answer arrived in {_ATTEMPTS} attempts: {type(failure).__name__}")
