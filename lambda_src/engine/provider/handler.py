"""The function `pinpoint-engine-provider`: Pinpoint resources for CloudFormation."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.context import Context, from_environment
from engine.provider.answer import send
from engine.provider.event import read_event
from engine.provider.serve import serve
from pinpoint_runtime.logger import with_request


@cache
def _context(account: str) -> Context:
    return from_environment(account)


@with_request
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Make, change or remove one resource.

    Args:
        event: A custom resource's request. Without a `ResponseURL` the caller waits, and the answer
            is only returned.
        context: Lambda's; the function's own ARN tells the account.

    Raises:
        AnswerLost: CloudFormation could not be told.
    """
    request = read_event(event)
    answer = serve(_context(context.invoked_function_arn.split(":")[4]), request)
    if request.response_url:
        send(request, answer)
    return answer.body(request)
