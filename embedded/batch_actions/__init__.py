"""A queue's batch calls are authorised as the calls they are made of, as on AWS.

IAM knows no `sqs:SendMessageBatch`: whoever may send one message may send ten
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html).
"""

from collections.abc import Callable
from typing import Any, Final

from embedded import ministack_names
from embedded.server import Server

_EXTRACT: Final = "ministack.core.iam_actions.extract_iam_action"
_SINGLE: Final = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Name the single action wherever a batch call is authorised."""
    extract: Callable[..., str | None] = ministack_names.find(_EXTRACT)

    def extract_single(*request: Any) -> str | None:
        action = extract(*request)
        return _SINGLE.get(action, action) if action else action

    ministack_names.replace(_EXTRACT, extract_single)
