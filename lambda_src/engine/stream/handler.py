"""The stream worker: SQS batches to customers' event streams."""

from functools import cache
from typing import Any

from engine.context import Context, from_environment
from engine.stream.work import work
from engine.worker import consume
from pinpoint_runtime.batch import BatchResponse
from pinpoint_runtime.logger import with_request


@cache
def _context(account: str) -> Context:
    return from_environment(account)


@with_request
def handler(event: dict[str, Any], lambda_context: Any) -> BatchResponse:
    """Work on a batch of messages, and answer with the failed ones."""
    account = lambda_context.invoked_function_arn.split(":")[4]
    return consume(event, _context(account), work)
