"""The function `pinpoint-engine-api`: the Pinpoint API behind a REST API with IAM authorisation."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.api.dispatch import respond
from engine.context import Context, from_environment
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.rest_proxy import from_event


@cache
def _context(account: str) -> Context:
    return from_environment(account)


@with_request
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request.

    Args:
        event: A REST API proxy event, its `path` as the client encoded it.
        context: Lambda's; the function's own ARN tells the account.
    """
    account = context.invoked_function_arn.split(":")[4]
    return respond(_context(account), from_event(event))
